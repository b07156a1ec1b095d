import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Observation } from '@rollcall/channel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAriRecording } from './ari.ts';

const read = async (...pieces: (Buffer | string)[]) => {
  const input = (async function* () {
    for (const piece of pieces) yield Buffer.from(piece);
  })();
  const { parts, report } = readAriRecording(input, { variables: ['SIPDOMAIN'] });
  const seen: { t: number | undefined; observation: Observation }[] = [];
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.bytes;
    for (const observation of part.observations) seen.push({ t: part.t, observation });
  }
  return { seen, bytes, report };
};

const event = (id: string, ms = 0) => ({
  type: 'ChannelCreated',
  timestamp: `2026-11-22T15:14:35.${String(ms).padStart(3, '0')}+0000`,
  channel: { id },
});
const line = (id: string, t: number) => `${JSON.stringify({ t, e: event(id) })}\n`;
const ids = ({ seen }: Awaited<ReturnType<typeof read>>) =>
  seen.map(({ observation }) => 'uniqueid' in observation && observation.uniqueid);

test('a real recording reads the same wherever its bytes were cut, and every byte is accounted for', async () => {
  const capture = new URL('../../../../test/captures/a22-masq/ari.ndjson.gz', import.meta.url);
  const zipped = readFileSync(capture);
  const text = gunzipSync(zipped);
  const whole = await read(text);
  expect(whole.report).toEqual({ events: 536, malformed: 0, examples: [], damage: undefined });
  expect(whole.bytes).toBe(text.length);
  expect(await read(zipped)).toEqual(whole);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 30 }), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), text.length];
      expect(await read(...edges.slice(1).map((edge, index) => text.subarray(edges[index], edge)))).toEqual(whole);
    }),
    { numRuns: 20 },
  );
});

test('bare events tell the time of the recording by their own, which never falls', async () => {
  const bare = [event('a', 100), event('b', 350), event('c', 300), event('d', 400)].map(
    (e) => `${JSON.stringify(e)}\r\n`,
  );
  const { seen } = await read(bare.join(''));
  expect(seen.map(({ t }) => t)).toEqual([0, 250, 250, 300]);
});

test('broken, odd and overlong lines are skipped by number, and nothing good beside them is lost', async () => {
  const long = `{"t":5,"e":"${'x'.repeat(1024 * 1024)}"}\n`;
  const broken = ['\n', '{"t":1,"e":\n', 'null\n', '{"t":2,"e":{"type":"ChannelDestroyed"}}\n', long, '{"a":1}\n'];
  const result = await read(line('a', 0), ...broken, line('b', 9), '{"t":10,"e":{"type":"Chan');
  expect(ids(result)).toEqual(['a', 'b']);
  expect(result.report).toMatchObject({ events: 2, malformed: 6 });
  expect(result.report.examples).toEqual([
    { line: 3, why: 'not JSON' },
    { line: 4, why: 'not an ARI event: not an object' },
    { line: 5, why: expect.stringContaining('ChannelDestroyed: channel') },
    { line: 6, why: 'longer than 1 MiB' },
    { line: 7, why: 'type: missing' },
    { line: 9, why: 'not JSON: the recording was cut within this line' },
  ]);
});

test('the first twenty broken lines are shown, all are counted', async () => {
  const { report } = await read('x\n'.repeat(50));
  expect([report.malformed, report.examples.length]).toEqual([50, 20]);
});

test('an event whose time is odd still counts', async () => {
  const result = await read(line('a', 5), `{"t":1e999,"e":${JSON.stringify(event('b'))}}\n`, line('c', 7));
  expect(ids(result)).toEqual(['a', 'b', 'c']);
  expect(result.seen.at(-1)?.t).toBe(7);
});
