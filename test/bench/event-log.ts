import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isTerminal, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import Database from 'better-sqlite3';
import { channelLives, firstRevision, type LifeAppend } from './channel-lives.ts';
import { inDirectory, perSecond, type Result, race } from './race.ts';

const batches = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

const throughPort = (lives: LifeAppend[], size: number): Promise<number> =>
  inDirectory(async (dir) => {
    const log = openEmbeddedLog({ dir, world: systemWorld });
    const since = performance.now();
    for (const batch of batches(lives, size)) {
      await Promise.all(batch.map(({ stream, expected, event }) => log.append(stream, expected, [event])));
    }
    const rate = perSecond(lives.length, since);
    await log.close();
    return rate;
  });

/** The least that a program must do to bring the same rows into the same tables, as durable; without checksums. */
const bareSqlite = (lives: LifeAppend[], size: number): Promise<number> =>
  inDirectory(async (dir) => {
    const made = openEmbeddedLog({ dir, world: systemWorld });
    await made.close();
    const db = new Database(made.path);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    const [begin, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')];
    const insertStream = db.prepare('INSERT INTO streams (id, name, pbx) VALUES (?, ?, ?)');
    const setClosed = db.prepare('UPDATE streams SET closed = ? WHERE id = ?');
    const insertEvent = db.prepare(
      'INSERT INTO events (position, stream, revision, kind, time, recorded, id, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    const kinds = new Map<string, number>();
    for (const { event } of lives) kinds.set(event.type, kinds.get(event.type) ?? kinds.size + 1);
    const streams = new Map<string, number>();
    let position = 0;
    const since = performance.now();
    for (const batch of batches(lives, size)) {
      begin.run();
      const recorded = Date.now();
      for (const { stream, expected, event } of batch) {
        position += 1;
        if (expected === 'none') {
          streams.set(stream, position);
          insertStream.run(position, stream, event.pbx);
        }
        const number = streams.get(stream);
        const data = JSON.stringify(event.data);
        insertEvent.run(
          position,
          number,
          firstRevision(expected),
          kinds.get(event.type),
          event.time,
          recorded,
          event.id,
          data,
        );
        if (isTerminal(event.type)) setClosed.run(position, number);
      }
      commit.run();
    }
    const rate = perSecond(lives.length, since);
    db.close();
    return rate;
  });

const rawFrames = (lives: LifeAppend[], size: number): Promise<number> =>
  inDirectory(async (dir) => {
    const file = openSync(join(dir, 'frames'), 'a');
    let position = 0;
    const since = performance.now();
    for (const batch of batches(lives, size)) {
      const recorded = Date.now();
      const frames = batch.flatMap(({ stream, expected, event }) => {
        position += 1;
        const body = Buffer.from(
          JSON.stringify({ ...event, stream, revision: firstRevision(expected), position, recorded }),
        );
        const length = Buffer.allocUnsafe(4);
        length.writeUInt32LE(body.length);
        return [length, body];
      });
      writeSync(file, Buffer.concat(frames));
      fdatasyncSync(file);
    }
    const rate = perSecond(lives.length, since);
    closeSync(file);
    return rate;
  });

/** Durable appends in batches of 1, 100 and 1,000; encoding the events is part of each. */
export const benchAppend = async ({ rounds = 5 } = {}): Promise<Result[]> => {
  const results: Result[] = [];
  for (const [size, count] of [
    [1, 1_500],
    [100, 40_000],
    [1_000, 80_000],
  ] as const) {
    const lives = channelLives(count);
    const against = (of: string) =>
      race(`append, batch ${size}`, rounds, of, {
        'event log': () => throughPort(lives, size),
        'bare better-sqlite3': () => bareSqlite(lives, size),
        'raw frames + fdatasync': () => rawFrames(lives, size),
      });
    results.push(...(await against('bare better-sqlite3')));
  }
  return results;
};

/** A replay of the whole log beside JSON.parse of what is in it: of the bare `data` bodies, and of whole events as JSON lines. */
export const benchRead = async ({ events = 1_000_000, rounds = 5 } = {}): Promise<Result[]> =>
  inDirectory(async (dir) => {
    const log = openEmbeddedLog({ dir, world: systemWorld });
    const lives = channelLives(events);
    for (const batch of batches(lives, 1_000)) {
      await Promise.all(batch.map(({ stream, expected, event }) => log.append(stream, expected, [event])));
    }
    const bodies = lives.map(({ event }) => JSON.stringify(event.data));
    const sizes = bodies.reduce((sum, body) => sum + body.length, 0);
    const lines: string[] = [];
    for await (const batch of log.readAll(START)) for (const event of batch) lines.push(JSON.stringify(event));
    const whole = lines.reduce((sum, line) => sum + line.length, 0);
    const parse = (texts: string[]) => async (): Promise<number> => {
      const since = performance.now();
      let keys = 0;
      for (const text of texts) if (JSON.parse(text) !== null) keys += 1;
      return perSecond(keys, since);
    };
    const readAll = async (): Promise<number> => {
      const since = performance.now();
      let count = 0;
      for await (const batch of log.readAll(START)) count += batch.length;
      return perSecond(count, since);
    };
    const name = `read ${events} events`;
    const ofBodies = await race(name, rounds, 'JSON.parse of the data bodies', {
      'event log': readAll,
      'JSON.parse of the data bodies': parse(bodies),
    });
    const ofLines = await race(name, rounds, 'JSON.parse of the events as JSON lines', {
      'event log': readAll,
      'JSON.parse of the events as JSON lines': parse(lines),
    });
    await log.close();
    return [
      ...ofBodies,
      ...ofLines,
      { name: `${name}: data body`, value: Math.round(sizes / events), unit: 'characters/event' },
      { name: `${name}: event as JSON line`, value: Math.round(whole / events), unit: 'characters/event' },
    ];
  });

if (import.meta.main) {
  console.table([...(await benchAppend()), ...(await benchRead())]);
}
