import { createReadStream, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type AmiRecordingOptions, readAmiRecording } from './ami.ts';

const capture = (name: string) => new URL(`../../../../test/captures/a22-crash/${name}`, import.meta.url);
const RAW = gunzipSync(readFileSync(capture('ami.raw.gz')));
const CHUNKS = gunzipSync(readFileSync(capture('ami.chunks.ndjson.gz'))).toString();

async function* once(...pieces: (Buffer | string)[]) {
  for (const piece of pieces) yield Buffer.from(piece);
}

const read = async (input: AsyncIterable<Buffer>, options: Partial<AmiRecordingOptions> = {}) => {
  const { parts, report } = readAmiRecording(input, { variables: [], ...options });
  const observations = [];
  const times: (number | undefined)[] = [];
  let bytes = 0;
  let error: unknown;
  try {
    for await (const part of parts) {
      observations.push(...part.observations);
      times.push(part.t);
      bytes += part.bytes;
    }
  } catch (thrown) {
    error = thrown;
  }
  return { observations, times, bytes, report, error };
};
const chunks = (text: string) => ({ input: once(text), name: 'x.chunks.ndjson' });

test('the chunks give each read its time, whatever pieces the file comes in', async () => {
  const file = { input: createReadStream(capture('ami.chunks.ndjson.gz')), name: 'ami.chunks.ndjson.gz' };
  const whole = await read(createReadStream(capture('ami.raw.gz')), { chunks: file });
  expect(whole.error).toBeUndefined();
  expect(whole.bytes).toBe(RAW.length);
  const recorded = CHUNKS.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).t);
  expect([...new Set(whole.times)]).toEqual([...new Set(recorded)]);
  expect(whole.observations.filter(({ kind }) => kind === 'connection')).toHaveLength(2);

  const pieces = Array.from({ length: Math.ceil(RAW.length / 7) }, (_, i) => RAW.subarray(i * 7, i * 7 + 7));
  const small = await read(once(...pieces), { chunks: chunks(CHUNKS) });
  expect(small.observations).toEqual(whole.observations);
});

test('without chunks there is no time, and the channels say the same', async () => {
  const timed = await read(once(RAW), { chunks: chunks(CHUNKS) });
  const plain = await read(once(RAW));
  expect(new Set(plain.times)).toEqual(new Set([undefined]));
  const ofChannels = (seen: typeof plain) => seen.observations.filter((observation) => 'uniqueid' in observation);
  expect(ofChannels(plain)).toEqual(ofChannels(timed));
  expect(plain.report).toMatchObject({ malformed: 0, damage: undefined });
  expect(plain.report.events).toBeGreaterThan(300);
});

const good = CHUNKS.trimEnd().split('\n');
const changed = (line: number, text: string) => [...good.slice(0, line - 1), text, ...good.slice(line)].join('\n');

test.each([
  ['a gap', changed(3, '{"t":328,"at":900,"n":378}'), /line 3: "at" is 900, but the line before ends at 863/],
  ['not JSON', changed(2, '{"t":327,'), /line 2: not JSON/],
  ['no length', changed(2, '{"t":327,"at":573}'), /line 2: n: /],
  [
    'a last line too long',
    changed(good.length, (good.at(-1) ?? '').replace(/"n":\d+/, '"n":99999')),
    new RegExp(`line ${good.length}: it goes to byte`),
  ],
  ['a line missing at the end', good.slice(0, -1).join('\n'), new RegExp(`line ${good.length - 1}: it ends at byte`)],
  [
    'a line too many',
    `${good.join('\n')}\n{"t":99999,"at":${RAW.length},"n":1}`,
    new RegExp(`line ${good.length + 1}: it goes to byte`),
  ],
])('chunks that do not fit are refused by file and line: %s', async (_what, text, message) => {
  const { error } = await read(once(RAW), { chunks: chunks(text) });
  expect(error).toMatchObject({ code: 'RECORDING_CHUNKS', message: expect.stringMatching(message) });
  expect(error).toMatchObject({ message: expect.stringContaining('x.chunks.ndjson line') });
});

test('a recording whose gzip ends early gives what was readable, and the chunks beyond it are no error', async () => {
  const zipped = readFileSync(capture('ami.raw.gz'));
  const { observations, report, error } = await read(once(zipped.subarray(0, zipped.length / 2)), {
    chunks: chunks(CHUNKS),
  });
  expect(error).toBeUndefined();
  expect(report.damage).toBe('the gzip ends early');
  expect(observations.length).toBeGreaterThan(20);
});
