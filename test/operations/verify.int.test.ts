import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NewEvent, pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../services/cli/src/testing/run-command.ts';
import { verifyData } from '../../services/cli/src/verification/verify-data.ts';
import { ADDED, logWith, newDir, removeDirs } from './as-operator.ts';

const EVENTS = 3_000;

let log: string;
let data: string;
beforeAll(async () => {
  log = await logWith(EVENTS);
});
afterAll(removeDirs);
beforeEach(() => {
  data = newDir();
  copyFileSync(join(log, 'events.db'), join(data, 'events.db'));
});

const verify = (...args: string[]) => runCommand(['verify', ...args], { data });

describe('a log that was altered behind its back', () => {
  const alter = (statement: string): void => {
    const db = new Database(join(data, 'events.db'));
    db.exec(statement);
    db.close();
  };
  test.each([
    [
      'the data of an event',
      `UPDATE events SET data = replace(data, '}', ',"x":1}') WHERE position = 100`,
      'checksum #100',
    ],
    ['the time of an event', 'UPDATE events SET time = time + 1 WHERE position = 100', 'checksum #100'],
    [
      'an event in the middle of its stream is gone',
      'DELETE FROM events WHERE position = (SELECT min(position) FROM events WHERE revision = 1)',
      'gap ',
    ],
  ])('%s: exit 1, and what the log finds', async (_, statement, finding) => {
    alter(statement);
    const { exitCode, out } = await verify();
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^log: [1-9]\d* findings$/m);
    expect(out).toContain(`\n  ${finding}`);
    const json = await verify('--json');
    expect(JSON.parse(json.out)).toMatchObject({ equal: false, findings: { shown: expect.any(Array) } });
  });
});

test('retention in the middle of it: it begins again, once, and finds nothing', async () => {
  const open = openEmbeddedLog({ dir: data, world: systemWorld });
  const head = await open.head();
  let folded = 0;
  let compactions = 0;
  const options = (compact: () => boolean) => ({
    ...{ data, log: open, world: systemWorld, structure: false, progress: () => {} },
    breathe: async () => {
      folded++;
      if (!compact()) return;
      compactions++;
      await open.compact({ before: head });
    },
  });
  const quiet = await verifyData(options(() => false));
  const turns = folded;
  folded = 0;
  const verified = await verifyData(options(() => folded === 2));
  expect(compactions).toBe(1);
  expect(folded).toBeGreaterThan(turns);
  expect(await open.compactedTo()).toBeGreaterThan(0);
  expect(verified).toMatchObject({ problems: [], findings: [] });
  expect(verified.checks.flatMap(({ differences }) => differences)).toEqual([]);
  expect(verified.checks[0]?.channels).toBe(quiet.checks[0]?.channels);
  await open.close();
  expect((await verify('--at', '100')).error).toMatchObject({ code: 'AT_COMPACTED' });
});

test('an image older than what retention has left is no difference: the next start does without it', async () => {
  expect((await runCommand(['replay'], { data })).error).toBeUndefined();
  expect((await verify()).out).toMatch(/^image: /m);
  const open = openEmbeddedLog({ dir: data, world: systemWorld });
  const ended: NewEvent = {
    ...{ type: 'ChannelDestroyed', data: { reason: 'hangup' }, id: crypto.randomUUID(), time: 1_760_000_000_001 },
    ...{ pbx: 'pbx-a', boot: 3, source: 'ami', schema: SCHEMA_VERSION },
  };
  const streams = new Set<string>();
  for await (const batch of open.readOpen()) for (const { stream } of batch) streams.add(stream);
  const stream = [...streams].find((one) => one.startsWith('channel/')) ?? '';
  await open.append(stream, (await open.heads([stream])).get(stream)?.revision ?? 'none', [ended]);
  const connected = { ...ended, type: 'PbxConnected', data: { source: 'ami' }, id: crypto.randomUUID() } as const;
  await open.append(pbxStream('pbx-a'), revision(2), [connected]);
  await open.compact({ before: await open.head() });
  expect(await open.compactedTo()).toBe(EVENTS + ADDED + 1);
  await open.close();
  const { exitCode, out, err } = await verify();
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).not.toContain('image');
});

test('the whole of it, on a log that nobody has open', async () => {
  const { exitCode, out, err } = await verify();
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out).toMatch(
    new RegExp(`^open streams: \\d+ channels at position ${EVENTS + ADDED}, 0 differences\\nlog: 0 findings\\n$`),
  );
});
