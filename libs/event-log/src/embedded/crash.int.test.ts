import { type RecordedEvent, START } from '@rollcall/channel';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

const KILLS = 30;

const byStream = (events: RecordedEvent[]): Map<string, RecordedEvent[]> => Map.groupBy(events, ({ stream }) => stream);

/** Streams that are not exactly what one append wrote. */
const notWhole = (streams: Map<string, RecordedEvent[]>): string[] =>
  [...streams].flatMap(([stream, events]) =>
    events.map(({ revision, time }) => `${revision}=${time}`).join() === '0=0,1=1,2=2' ? [] : [stream],
  );

const places = (events: RecordedEvent[]): string[] => events.map(({ position, id }) => `${position} ${id}`);

test(`nothing acknowledged is lost and nothing is there by half when the writer is killed, ${KILLS} times`, {
  timeout: 300_000,
}, async () => {
  const dir = newDir();
  const acknowledged: string[] = [];
  let before: RecordedEvent[] = [];
  for (let run = 0; run < KILLS; run += 1) {
    const writer = otherProcess(['write', dir, `${run}`]);
    await writer.printed(Math.floor(Math.random() ** 3 * 1_500));
    await writer.kill();
    const [ready, ...streams] = writer.lines;
    expect([undefined, 'ready']).toContain(ready);
    acknowledged.push(...streams);

    const log = open(dir);
    const all = await collect(log.readAll(START));
    await log.close();
    const found = byStream(all);
    expect(acknowledged.filter((stream) => !found.has(stream))).toEqual([]);
    expect(notWhole(found)).toEqual([]);
    expect(places(all).slice(0, before.length)).toEqual(places(before));
    expect(all.filter(({ position }, index) => position <= (all[index - 1]?.position ?? START))).toEqual([]);
    before = all;
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS);
  const file = new Database(`${dir}/events.db`, { readonly: true });
  expect(file.pragma('integrity_check', { simple: true })).toBe('ok');
  file.close();
});

test('a reader sees what a killed writer had acknowledged, before any writer comes back', async () => {
  const dir = newDir();
  const writer = otherProcess(['write', dir]);
  await writer.printed(400);
  await writer.kill();
  const reading = open(dir, { mode: 'read' });
  const found = byStream(await collect(reading.readAll(START)));
  for (const stream of writer.lines.slice(1)) expect(found.get(stream)).toHaveLength(3);
});
