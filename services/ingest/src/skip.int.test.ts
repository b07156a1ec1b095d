import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  channelStream,
  type DomainEvent,
  type NewEvent,
  pbxStream,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
} from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { type EventLog, openEmbeddedLog } from '@rollcall/event-log';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { skipRefused } from './index.ts';

const STREAM = channelStream('a', 2, '1.1');
let dir: string;
let log: EventLog;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-skip-'));
  log = openEmbeddedLog({ dir, world: systemWorld });
  await append(created, state(4));
});
afterEach(async () => {
  await log.close();
  rmSync(dir, { recursive: true });
});

const created: DomainEvent = { type: 'ChannelCreated', data: { name: 'PJSIP/a-1', origin: 'created' } };
const state = (state: number): DomainEvent => ({ type: 'ChannelStateChanged', data: { state } });

const append = async (...events: DomainEvent[]) => {
  const whole = events.map(
    (event): NewEvent => ({
      ...{ id: crypto.randomUUID(), time: 1, pbx: 'a', boot: 2, source: 'ami', schema: SCHEMA_VERSION },
      ...event,
    }),
  );
  const head = (await log.heads([STREAM])).get(STREAM);
  return log.append(STREAM, head?.revision ?? 'none', whole);
};
const last = async (): Promise<RecordedEvent | undefined> => {
  let event: RecordedEvent | undefined;
  for await (const batch of log.readStream(STREAM)) event = batch.at(-1);
  return event;
};
const skip = (at: number, through: EventLog = log) =>
  skipRefused({
    log: through,
    world: systemWorld,
    refused: { stream: STREAM, revision: revision(at) },
    reason: 'seen',
  });

describe('a skip', () => {
  test('is an event of its stream, behind its head, by the operator, of the PBX and boot of what it skips', async () => {
    const { revision: at, position } = await skip(1);
    expect(at).toBe(2);
    expect(await last()).toMatchObject({
      ...{ stream: STREAM, revision: 2, position, pbx: 'a', boot: 2, source: 'operator' },
      ...{ type: 'EventSkipped', data: { revision: 1, reason: 'seen' } },
    });
  });

  test('goes behind what another writer wrote first', async () => {
    let others = 3;
    const overtaken: EventLog = {
      ...log,
      append: async (...args) => {
        if (others-- > 0) await append(state(5));
        return log.append(...args);
      },
    };
    expect(await skip(1, overtaken)).toMatchObject({ revision: 5 });
    expect(await last()).toMatchObject({ type: 'EventSkipped', data: { revision: 1 } });
  });

  test('of a stream that is written to without a pause is given up, and said', async () => {
    const overtaken: EventLog = {
      ...log,
      append: async (...args) => {
        await append(state(5));
        return log.append(...args);
      },
    };
    await expect(skip(1, overtaken)).rejects.toMatchObject({ code: 'STREAM_BUSY' });
  });

  test('does not open a stream that has ended again', async () => {
    await append({ type: 'ChannelDestroyed', data: { reason: 'hangup' } });
    await expect(skip(1)).rejects.toMatchObject({ code: 'STREAM_OVER' });
    expect((await log.heads([STREAM])).get(STREAM)).toEqual({ revision: 2, closed: true });
  });

  test('of what is not in the log is refused', async () => {
    await expect(skip(2)).rejects.toMatchObject({ code: 'STREAM_MISSING' });
    const nothing = { stream: pbxStream('a'), revision: revision(0) };
    const skipping = skipRefused({ log, world: systemWorld, refused: nothing, reason: 'seen' });
    await expect(skipping).rejects.toMatchObject({ code: 'STREAM_MISSING' });
  });
});
