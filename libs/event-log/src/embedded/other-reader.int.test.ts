import { type RecordedEvent, START } from '@rollcall/channel';
import { afterEach, expect, test } from 'vitest';
import { created, destroyed, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect, reader } from '../../../../test/contract/event-log.reader.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

const places = (events: RecordedEvent[]) => events.map(({ position }) => position);

test('one process follows what another writes, without loss or doubles', async () => {
  const dir = newDir();
  const writer = otherProcess(['write', dir]);
  await writer.printed(100);
  const reading = open(dir, { mode: 'read' });
  const now = await reading.head();
  const [fromStart, fromNow] = [reader(reading, START), reader(reading, now)];
  await fromStart.has(3_000);
  await fromNow.has(600);
  await writer.kill();
  const all = await collect(reading.readAll(START));
  const sinceNow = all.filter(({ position }) => position > now);
  await fromStart.has(all.length);
  await fromNow.has(sinceNow.length);
  expect(places(await fromStart.stop())).toEqual(places(all));
  expect(places(await fromNow.stop())).toEqual(places(sinceNow));
  for (const stream of writer.lines.slice(1)) expect(all.filter((event) => event.stream === stream)).toHaveLength(3);
  const last = all.at(-1);
  expect(await reading.positionAt(Number.MAX_SAFE_INTEGER)).toBe(last?.position);
});

test('a reading log sees streams move and end, and writes nothing', async () => {
  const dir = newDir();
  const writing = open(dir);
  const reading = open(dir, { mode: 'read' });
  expect(reading.id).toBe(writing.id);
  const { revision } = await writing.append(streamOf('1'), 'none', [created()]);
  expect(await reading.heads([streamOf('1')])).toEqual(new Map([[streamOf('1'), { revision: 0, closed: false }]]));
  expect(await collect(reading.readOpen())).toHaveLength(1);
  await writing.append(streamOf('1'), revision, [destroyed()]);
  expect(await reading.heads([streamOf('1')])).toEqual(new Map([[streamOf('1'), { revision: 1, closed: true }]]));
  expect(await collect(reading.readOpen())).toEqual([]);
  expect(await collect(reading.readStream(streamOf('1')))).toHaveLength(2);
  await expect(reading.append(streamOf('2'), 'none', [created()])).rejects.toMatchObject({ code: 'LOG_READ_ONLY' });
});

test('a reading log ends its subscriptions when their signal aborts, or with LOG_CLOSED when it closes', async () => {
  const dir = newDir();
  await open(dir).append(streamOf('1'), 'none', [created()]);
  const reading = open(dir, { mode: 'read' });
  const [one, two] = [reader(reading, START), reader(reading, START)];
  await one.has(1);
  await two.has(1);
  expect(await one.stop()).toHaveLength(1);
  await reading.close();
  await expect(two.ended).rejects.toMatchObject({ code: 'LOG_CLOSED' });
});

test('a log that is not there cannot be read', () => {
  expect(() => open(newDir(), { mode: 'read' })).toThrow(expect.objectContaining({ code: 'LOG_MISSING' }));
});
