import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { position, revision, SCHEMA_VERSION, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { exportLines } from './export-lines.ts';
import type { ExportOptions } from './export-log.ts';
import { type RestoreOptions, restoreLog } from './restore-log.ts';
import { findings } from './testing/findings.ts';
import { makeFormat1 } from './testing/former-format.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';
import { settingClock } from './testing/setting-clock.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

const textOf = async (log: EmbeddedLog, options?: ExportOptions): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of log.export(options)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const bytes = (text: string | Buffer, size = 1_000): AsyncIterable<Uint8Array> => {
  const all = Buffer.from(text);
  return Readable.from(
    Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.subarray(index * size, (index + 1) * size)),
  );
};

const restore = (dir: string, text: string | Buffer, options: Partial<RestoreOptions> = {}) =>
  restoreLog({ dir, lines: exportLines(bytes(text)), world: systemWorld, ...options });

/** Reopened to read: what is exported is what the file holds. */
const exportOf = async (dir: string): Promise<string> => {
  const log = open(dir, { mode: 'read' });
  const text = await textOf(log);
  await log.close();
  return text;
};

const fill = async (log: EmbeddedLog, count = 50): Promise<void> => {
  await log.append('pbx/pbx-a', 'none', [asNew({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } })]);
  const calls = Array.from({ length: count }, (_, call) => streamOf(`${call}`));
  await Promise.all(calls.map((call) => log.append(call, 'none', [created(`PJSIP/Łukasz-${call}`), state(6)])));
  const over = calls.filter((_, call) => call % 3 > 0);
  await Promise.all(over.map((call) => log.append(call, revision(1), [destroyed()])));
};

const filled = async (count?: number): Promise<{ dir: string; path: string; text: string }> => {
  const dir = newDir();
  const log = open(dir);
  await fill(log, count);
  await log.close();
  return { dir, path: log.path, text: await exportOf(dir) };
};

/** Data as it stands in the file, right or wrong. */
const anyText = fc.oneof(
  fc.constantFrom(
    '{"state":',
    '',
    '{ "state": 6 }',
    '{"state":6}',
    '[]',
    'null',
    '{"a":1,"a":2}',
    '1e3',
    '{"é":"\\u00e9"}',
    'line\nbreak',
  ),
  fc.json(),
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
);

describe('an export that is restored', () => {
  test('is exported again as the same bytes, whatever the log holds', async () => {
    const step = fc.record({
      stream: fc.nat(4),
      ends: fc.boolean(),
      text: fc.option(anyText, { freq: 3 }),
      tick: fc.integer({ min: -50, max: 50 }),
      compacts: fc.option(fc.nat(60), { freq: 8 }),
      schema: fc.constantFrom(0, 0, 0, 1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.nat(30), async (steps, cut) => {
        const dir = newDir();
        const world = settingClock();
        const log = open(dir, { world });
        const altered: [number, string][] = [];
        const newer: number[] = [];
        for (const { stream, ends, text, tick, compacts, schema } of steps) {
          world.now += tick;
          const name = streamOf(`ü/${stream}`);
          const at = (await log.heads([name])).get(name)?.revision ?? 'none';
          const event = asNew({ type: 'ChannelStateChanged', data: { state: tick } }, { time: world.now + tick / 8 });
          const last = await log.append(name, at, [event, ...(ends ? [destroyed()] : [])]);
          if (text !== null) altered.push([last.position, text]);
          if (schema > 0) newer.push(last.position);
          if (compacts !== null) await log.compact({ before: position(compacts) });
        }
        await log.close();
        const file = new Database(log.path);
        file.exec(
          `INSERT INTO kinds (type, boot, source, schema) VALUES ('Unheard"of', -3, 'telepathy', ${SCHEMA_VERSION + 1})`,
        );
        for (const [at, text] of altered) file.prepare('UPDATE events SET data = ? WHERE position = ?').run(text, at);
        for (const at of newer) {
          file
            .prepare(
              `UPDATE events SET kind = (SELECT max(id) FROM kinds) WHERE position = ? AND stream IN (SELECT id FROM streams WHERE closed IS NULL)`,
            )
            .run(at);
        }
        file.close();

        const text = await exportOf(dir);
        const copy = newDir();
        const lines = text.split('\n');
        const first = lines.slice(0, Math.min(1 + cut, lines.length - 2)).join('\n');
        expect(await restore(copy, first)).toMatchObject({ complete: false });
        expect(await restore(copy, text)).toMatchObject({ complete: true });
        expect(await exportOf(copy)).toBe(text);

        const [original, restored] = [open(dir, { mode: 'read' }), open(copy, { mode: 'read' })];
        expect(restored.id).toBe(original.id);
        expect(await restored.compactedTo()).toBe(await original.compactedTo());
        expect(await collect(restored.readAll(START))).toEqual(await collect(original.readAll(START)));
        expect(await collect(restored.readOpen())).toEqual(await collect(original.readOpen()));
        expect(await findings(restored)).toEqual([]);
        const all = await collect(restored.readAll(START));
        for (const time of new Set(all.flatMap(({ recorded }) => [recorded - 1, recorded]))) {
          expect(await restored.positionAt(time)).toBe(await original.positionAt(time));
        }
        await cleanup();
      }),
      { numRuns: 40 },
    );
  });

  test('is a log to go on with: the same streams, positions behind the last', async () => {
    const { dir, text } = await filled();
    const copy = newDir();
    const events = text.split('\n').length - 3;
    expect(await restore(copy, text)).toEqual({
      id: open(dir, { mode: 'read' }).id,
      events,
      written: events,
      complete: true,
    });
    const log = open(copy);
    const head = await log.head();
    expect(await log.append(streamOf('0'), revision(1), [destroyed()])).toEqual({ revision: 2, position: head + 1 });
    await expect(log.append(streamOf('1'), 'none', [created()])).rejects.toMatchObject({ actual: 2 });
    expect(await findings(log)).toEqual([]);
  });

  test('reads well: one event a line, its data as JSON', async () => {
    const { text } = await filled(1);
    const [header, booted, first] = text.split('\n').map((line) => (line ? JSON.parse(line) : undefined));
    expect(header).toMatchObject({
      rollcallLog: 1,
      id: expect.any(String),
      created: expect.stringMatching(/Z$/),
      from: 0,
    });
    expect(booted).toMatchObject({ position: 1, stream: 'pbx/pbx-a', type: 'PbxBooted', data: { boot: 1 } });
    expect(Object.keys(first)).toEqual([
      'position',
      'stream',
      'pbx',
      'revision',
      'type',
      'boot',
      'source',
      'schema',
      'time',
      'recorded',
      'id',
      'data',
    ]);
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/^\{"rollcallLogEnd":\{"events":3,/);
  });

  test('has checksums, whether the log it came from had or not', async () => {
    const { path, dir, text } = await filled();
    makeFormat1(path, { compacted: false });
    expect(await exportOf(dir)).toBe(text);
    const copy = newDir();
    await restore(copy, text);
    let unchecked = -1;
    const progress = (now: { unchecked: number }): void => {
      unchecked = now.unchecked;
    };
    expect(await findings(open(copy), { progress })).toEqual([]);
    expect(unchecked).toBe(0);
  });

  test('may come compressed, and in pieces of any size', async () => {
    const { text } = await filled();
    for (const size of [1, 7, 100_000]) {
      const copy = newDir();
      for (const form of [
        text,
        gzipSync(text),
        Buffer.concat([gzipSync(text.slice(0, 500)), gzipSync(text.slice(500))]),
      ]) {
        expect(await restore(copy, '', { lines: exportLines(bytes(form, size)) })).toMatchObject({ complete: true });
      }
      expect(await exportOf(copy)).toBe(text);
    }
  });

  test('of a log that is written meanwhile is of the moment it began', async () => {
    const log = open(newDir());
    await fill(log, 600);
    const head = await log.head();
    let text = '';
    for await (const chunk of log.export()) {
      text += chunk;
      await log.append(streamOf(`later-${text.length}`), 'none', [created()]);
    }
    const copy = newDir();
    expect(await restore(copy, text)).toMatchObject({ complete: true, events: head });
    expect(text).toBe(await textOf(log, { to: head }));
  });

  test('of a log that is compacted meanwhile has no stream by half', async () => {
    const log = open(newDir());
    await fill(log, 900);
    let text = '';
    for await (const chunk of log.export()) {
      text += chunk;
      if (text.length > 10_000) await log.compact({ before: await log.head() });
    }
    const copy = newDir();
    expect(await restore(copy, text)).toMatchObject({ complete: true });
    const restored = open(copy);
    expect(await restored.compactedTo()).toBe(await log.compactedTo());
    expect((await collect(restored.readOpen())).map(({ stream }) => stream)).toEqual(
      (await collect(log.readOpen())).map(({ stream }) => stream),
    );
  });
});

describe('a restore that was stopped', () => {
  const KILLS = 10;

  test(`by kill -9, ${KILLS} times, goes on where it was`, { timeout: 300_000 }, async () => {
    const dir = newDir();
    const log = open(dir);
    for (let call = 0; call < 3_000; call += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => {
          const events = Array.from({ length: 20 }, (_, place) => state(place));
          return log.append(streamOf(`${call + index}`), 'none', [created(), ...events]);
        }),
      );
    }
    await log.close();
    const text = await exportOf(dir);
    const file = join(dir, 'export.ndjson');
    writeFileSync(file, text);
    const copy = newDir();
    let killed = 0;
    for (let run = 0; run < KILLS; run += 1) {
      const restoring = otherProcess(['restore', copy, file]);
      await restoring.printed(1 + Math.floor(Math.random() * 8));
      await restoring.kill();
      if (restoring.lines.at(-1) !== 'complete') killed += 1;
      const found = open(copy, { mode: 'read' });
      expect(await findings(found)).toEqual([]);
      const partial = (await textOf(found)).split('\n').slice(0, -2);
      expect(text.startsWith(partial.join('\n'))).toBe(true);
      await found.close();
    }
    expect(killed).toBeGreaterThan(KILLS / 3);
    expect(await restore(copy, text)).toMatchObject({ complete: true });
    expect(await exportOf(copy)).toBe(text);
  });

  test('is not taken for one that knows what was dropped, until it is done', async () => {
    const { text } = await filled();
    const copy = newDir();
    await restore(copy, text.split('\n').slice(0, 30).join('\n'));
    const part = open(copy, { mode: 'read' });
    expect(await part.compactedTo()).toBe(await part.head());
    await part.close();
    await restore(copy, text);
    expect(await open(copy).compactedTo()).toBe(START);
  });

  test('by its signal keeps what it has, and is not complete', async () => {
    const { text } = await filled();
    const controller = new AbortController();
    const copy = newDir();
    let number = 0;
    async function* lines(): AsyncGenerator<string> {
      for (const line of text.trimEnd().split('\n')) {
        number += 1;
        if (number === 20) controller.abort();
        yield line;
      }
    }
    const stopped = await restore(copy, '', { lines: lines(), signal: controller.signal });
    expect(stopped).toMatchObject({ complete: false, written: 19 });
    expect(await restore(copy, text)).toMatchObject({ complete: true });
  });
});

describe('parts of a log', () => {
  test('are restored one behind the other', async () => {
    const { dir, text } = await filled();
    const log = open(dir, { mode: 'read' });
    const middle = position(60);
    const [one, two] = [await textOf(log, { to: middle }), await textOf(log, { from: middle })];
    const copy = newDir();
    await expect(restore(copy, two)).rejects.toMatchObject({ code: 'IMPORT_GAP' });
    expect(await restore(copy, one)).toMatchObject({ complete: true, events: 60 });
    expect(await restore(copy, two)).toMatchObject({ complete: true });
    expect(await restore(copy, two)).toMatchObject({ complete: true, written: 0 });
    expect(await exportOf(copy)).toBe(text);
    expect(await findings(open(copy))).toEqual([]);
  });

  test('are refused where the ends of what began before them were dropped', async () => {
    const log = open(newDir());
    await log.append(streamOf('1'), 'none', [created()]);
    const middle = await log.head();
    const one = await textOf(log);
    await log.append(streamOf('1'), revision(0), [destroyed()]);
    await log.append(streamOf('2'), 'none', [created()]);
    await log.compact({ before: await log.head() });
    const copy = newDir();
    await restore(copy, one);
    const refused = await restore(copy, await textOf(log, { from: middle })).catch((error: unknown) => error);
    expect(isRollcallError(refused, 'IMPORT_GAP')).toBe(true);
  });
});

describe('a restore refuses', () => {
  test('a directory that has another log, and leaves it as it was', async () => {
    const [one, other] = [await filled(), await filled()];
    makeFormat1(other.path, { compacted: true });
    const before = readFileSync(other.path);
    await expect(restore(other.dir, one.text)).rejects.toMatchObject({ code: 'IMPORT_OTHER_LOG' });
    expect(readFileSync(other.path).equals(before)).toBe(true);
  });

  test('a log that is in use', async () => {
    const { dir, text } = await filled();
    open(dir);
    await expect(restore(dir, text)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
  });

  test('a log that went another way since, naming what differs', async () => {
    const { dir, text } = await filled();
    const copy = newDir();
    await restore(copy, text);
    const log = open(copy);
    await log.append(streamOf('0'), revision(1), [state(1)]);
    await log.close();
    const original = open(dir);
    await original.append(streamOf('0'), revision(1), [state(2)]);
    await original.close();
    const head = (await exportOf(dir)).split('\n').length - 3;
    await expect(restore(copy, await exportOf(dir))).rejects.toMatchObject({
      code: 'IMPORT_DIFFERS',
      message: expect.stringMatching(new RegExp(`position ${head}: .*id is .*text is "{\\\\"state\\\\":1}"`)),
    });
  });

  test('a log that was compacted since', async () => {
    const { text } = await filled();
    const copy = newDir();
    await restore(copy, text);
    const log = open(copy);
    await log.compact({ before: await log.head() });
    await log.close();
    await expect(restore(copy, text)).rejects.toMatchObject({ code: 'IMPORT_DIFFERS' });
  });

  test('an older export of a log takes nothing from it', async () => {
    const { dir, text } = await filled();
    const log = open(dir);
    await log.append(streamOf('new'), 'none', [created(), destroyed()]);
    await log.append(streamOf('newer'), 'none', [created()]);
    await log.compact({ before: START });
    await log.close();
    const before = await exportOf(dir);
    expect(await restore(dir, text)).toMatchObject({ complete: true, written: 0 });
    expect(await exportOf(dir)).toBe(before);
  });

  /** Line 8 is an event. */
  const lineWith = (text: string, change: (line: string) => string, number = 8): string =>
    text
      .split('\n')
      .map((line, index) => (index === number - 1 ? change(line) : line))
      .join('\n');
  const member = (name: string, value: unknown) => (line: string) =>
    JSON.stringify({ ...JSON.parse(line), [name]: value });

  const badLines: [string, (line: string) => string, string][] = [
    ['no JSON', (line) => line.slice(0, -5), 'Line 8 .*not JSON'],
    ['no object', () => '[1]', 'Line 8 .*not a JSON object'],
    ['an empty line', () => '', 'Line 8'],
    ['a position that is text', member('position', '7'), 'Line 8 .*position'],
    ['a position that is there already', member('position', 5), 'Line 8 .*position: the line before it is at 6'],
    ['a negative revision', member('revision', -1), 'Line 8 .*revision'],
    ['a revision that leaves a gap', member('revision', 2), 'Line 8 .*revision: the stream is at -?\\d+: \\d+ is next'],
    ['a stream without a name', member('stream', ''), 'Line 8 .*stream'],
    ['no stream', member('stream', undefined), 'Line 8 .*stream'],
    ['another PBX', member('pbx', 'pbx-b'), 'Line 8 .*pbx: the stream is of PBX pbx-a'],
    ['a time that is null', member('time', null), 'Line 8 .*time'],
    ['a boot with a fraction', member('boot', 0.5), 'Line 8 .*boot'],
    ['a source that is a number', member('source', 4), 'Line 8 .*source'],
    ['a member nobody knows', member('colour', 'red'), 'Line 8 .*colour'],
    ['both data and text', member('text', '{}'), 'Line 8 .*data: an event has either data or text'],
    ['neither data nor text', member('data', undefined), 'Line 8 .*data: an event has either data or text'],
  ];
  test.each(badLines)('%s, naming the line and the field; what stood before it is kept', async (_, change, message) => {
    const { text } = await filled();
    const copy = newDir();
    const refused = restore(copy, lineWith(text, change));
    await expect(refused).rejects.toMatchObject({ code: 'IMPORT_INVALID', message: expect.stringMatching(message) });
    const kept = open(copy, { mode: 'read' });
    expect(await kept.head()).toBeGreaterThanOrEqual(6);
    expect(await findings(kept)).toEqual([]);
    await kept.close();
    expect(await restore(newDir(), text)).toMatchObject({ complete: true });
  });

  test('a line that is no UTF-8', async () => {
    const { text } = await filled();
    const latin1 = Buffer.from(text.replaceAll('Ł', 'Ö'), 'latin1');
    await expect(restore(newDir(), latin1)).rejects.toMatchObject({
      code: 'IMPORT_INVALID',
      message: expect.stringMatching('Line 3 .*UTF-8'),
    });
  });

  test('a line longer than any can be, before it is held in memory', async () => {
    const { text } = await filled(1);
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from(text.split('\n').slice(0, 2).join('\n'));
      for (;;) yield Buffer.alloc(1_000_000, 'x');
    }
    const refused = restore(newDir(), '', { lines: exportLines(endless()) });
    await expect(refused).rejects.toMatchObject({ code: 'IMPORT_INVALID', message: expect.stringContaining('longer') });
  });

  test.each([
    [
      'a line changed',
      (lines: string[]) => lines.with(9, (lines[9] ?? '').replace('"time":', '"time":1')),
      'checksums',
    ],
    ['the last events left out', (lines: string[]) => lines.toSpliced(-3, 1), 'events'],
    [
      'an end that says something else',
      (lines: string[]) => lines.map((line) => line.replace('"events":', '"events":1')),
      'events',
    ],
  ])('%s: the end tells of it', async (_, change, field) => {
    const { text } = await filled();
    const refused = restore(newDir(), change(text.split('\n')).join('\n'));
    const message = expect.stringContaining(`rollcallLogEnd.${field}`);
    await expect(refused).rejects.toMatchObject({ code: 'IMPORT_INVALID', message });
  });

  test.each([
    ['nothing', '', 'IMPORT_INVALID'],
    ['something else', '{"hello":"world"}\n', 'IMPORT_INVALID'],
    ['an export without its header', '{"position":1}\n', 'IMPORT_INVALID'],
    ['a newer version', '{"rollcallLog":2,"more":true}\n', 'IMPORT_FORMAT_UNKNOWN'],
    ['a header without an identity', '{"rollcallLog":1,"id":"x","created":"","from":0}\n', 'IMPORT_INVALID'],
    ['compressed noise', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6]), 'IMPORT_UNREADABLE'],
  ])('%s, without making a log', async (_, text, code) => {
    const dir = newDir();
    await expect(restore(dir, text)).rejects.toMatchObject({ code });
    expect(() => open(dir, { mode: 'read' })).toThrow(expect.objectContaining({ code: 'LOG_MISSING' }));
  });

  test('a compressed export that breaks off', async () => {
    const { text } = await filled();
    const whole = gzipSync(text);
    const copy = newDir();
    await expect(restore(copy, whole.subarray(0, -20))).rejects.toMatchObject({ code: 'IMPORT_UNREADABLE' });
    expect(await restore(copy, whole)).toMatchObject({ complete: true });
  });

  test('lines behind the end', async () => {
    const { text } = await filled();
    await expect(restore(newDir(), `${text}{"position":1}\n`)).rejects.toMatchObject({ code: 'IMPORT_INVALID' });
  });
});
