import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedEvent, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEventStoreLog } from '@rollcall/event-log/eventstore';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startNode } from '../eventstore/double/node.ts';
import { startRollcall } from '../support/rollcall-process.ts';
import { LIFE, startCalls } from './calls.ts';

const patience = { timeout: 30_000, interval: 50 };

type Ready = {
  status: string;
  problems: string[];
  spool: { phase: string; events: number };
  pbxs: { counters: { hangups: { told: number } } }[];
};

test('rollcall start with its log in EventStoreDB follows the PBX while that is down, says so, and after a restart drains first', {
  timeout: 120_000,
}, async () => {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-start-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const node = await startNode();
  onTestFinished(() => node.stop());
  const calls = await startCalls(20);
  onTestFinished(calls.stop);
  const connection = `esdb://127.0.0.1:${node.port}?tls=false&defaultDeadline=2000`;
  const options = { data, pbxs: { a: `ami://u:s@127.0.0.1:${calls.port}` }, args: ['--log', connection] };

  const before = await startRollcall(options);
  onTestFinished(() => void before.kill9());
  const ready = async (url: string): Promise<Ready> => (await fetch(`${url}/readyz`)).json() as Promise<Ready>;
  await before.until('a', 'live');
  calls.begin();
  await vi.waitFor(() => expect(calls.begun.length).toBeGreaterThan(20), patience);
  await node.stop();
  await vi.waitFor(async () => expect((await ready(before.url)).spool.events).toBeGreaterThan(50), patience);
  expect(await ready(before.url)).toMatchObject({ status: 'not ready', spool: { phase: 'storing' } });
  expect((await ready(before.url)).problems.join()).toContain('LOG_UNAVAILABLE');
  expect(before.printed()).toContain('The event log is away');
  expect(calls.seen()).toMatchObject({ connections: 1, lost: 0 });
  await calls.end();
  // All is heard, and nothing more comes into the spool.
  let waiting = -1;
  await vi.waitFor(async () => {
    const { pbxs, spool } = await ready(before.url);
    const last = waiting;
    waiting = spool.events;
    expect([pbxs[0]?.counters.hangups.told, spool.events]).toEqual([calls.begun.length, last]);
  }, patience);
  await before.kill9();

  const starting = startRollcall(options);
  await Promise.race([somebodyAsks(node.port), starting]);
  expect(calls.seen().connections).toBe(1);
  await node.start();
  const after = await starting;
  onTestFinished(() => void after.kill9());
  await after.until('a', 'live');
  expect(after.printed()).toMatch(/events wait in .*has all that waited/s);
  expect(await ready(after.url)).toMatchObject({
    spool: { phase: 'through', events: 0 },
    pbxs: [{ counters: { reconciled: { removed: 0 }, conflicts: 0 } }],
  });
  expect(await after.stop()).toBe(0);

  const log = await openEventStoreLog({ connection, world: systemWorld, mode: 'read' });
  const byStream = Map.groupBy(await all(log.readAll(START)), ({ stream }) => stream);
  await log.close();
  for (const id of calls.begun) {
    expect(
      byStream.get(`channel/a/1/${id}`)?.map(({ type }) => type),
      id,
    ).toEqual(LIFE);
  }
});

/** Connects to a port where nothing listens, and is cut off. */
const somebodyAsks = async (port: number): Promise<void> => {
  const nobody = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(nobody, 'connection');
  nobody.close();
};

const all = async (batches: AsyncIterable<RecordedEvent[]>): Promise<RecordedEvent[]> => {
  const found: RecordedEvent[] = [];
  for await (const events of batches) found.push(...events);
  return found;
};
