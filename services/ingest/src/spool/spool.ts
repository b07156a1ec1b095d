import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type NewEvent, type Position, type RecordedEvent, type Revision, revision, START } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { errorLine, isRollcallError } from '@rollcall/errors';
import { type EmbeddedLog, type ExpectedRevision, lockDataDir, openEmbeddedLog } from '@rollcall/event-log';
import { setAside } from './set-aside.ts';

/** One append as it was to be written. `position`: of its last event here; `recorded`: when it came, milliseconds since 1970. */
export type SpooledAppend = {
  stream: string;
  expected: ExpectedRevision;
  events: RecordedEvent[];
  position: Position;
  recorded: number;
};

export type SpoolOptions = {
  dir: string;
  world: World;
  /** Bytes of the file; appends beyond it fail with LOG_FULL. */
  maxBytes: number;
  warn: (line: string) => void;
};

/** The revision that the first event of an append gets, less one. */
const base = (expected: ExpectedRevision): number => (expected === 'none' ? -1 : expected);

/** The revision of an append's last event. */
export const endOf = (expected: ExpectedRevision, events: number): Revision => revision(base(expected) + events);

const nameOf = (stream: string, expected: ExpectedRevision): string => `${base(expected)}/${stream}`;
const NAME = /^(-?\d+)\/(.+)$/s;

/**
 * What waits for a remote log, in order, durable: an embedded log in which each append is a stream of its own, named after what it
 * expects and where. So it comes out as it went in, a repeated one is known, and what is drained goes as any stream that is over.
 * One user at a time: the directory is locked.
 * @throws RollcallError DATA_DIR_IN_USE, DATA_DIR_READ_ONLY, LOG_FULL, LOG_IO, LOG_READ_ONLY
 */
export const openSpool = async ({ dir, world, maxBytes, warn }: SpoolOptions) => {
  const lock = lockDataDir(dir, world.clock);
  const path = join(dir, 'events.db');
  const openFile = (): EmbeddedLog => openEmbeddedLog({ dir, world, lock, maxBytes, terminal: () => true });

  const openOrBegin = (): EmbeddedLog => {
    try {
      return openFile();
    } catch (error) {
      if (!isRollcallError(error, 'LOG_DAMAGED')) throw error;
      const aside = setAside(path, world.clock);
      warn(
        `The spool is set aside as ${aside}; what had not been drained of it is not in the log. ${errorLine(error)}`,
      );
      return openFile();
    }
  };

  let log: EmbeddedLog;
  try {
    log = openOrBegin();
  } catch (error) {
    lock.release();
    throw error;
  }
  /** What is done to the file as a whole, one after the other; appends wait only while it is begun anew. */
  let upkeep: Promise<unknown> = Promise.resolve();
  let renewing: Promise<void> = Promise.resolve();
  const under = new Set<Promise<unknown>>();
  let last = await log.head();
  let drained: Position = START;
  let events = (await log.stats()).events;
  let oldest: number | undefined;

  const beginAnew = async (): Promise<void> => {
    await log.close();
    for (const suffix of ['-wal', '-shm', '-journal', '']) rmSync(path + suffix, { force: true });
    log = openFile();
    last = START;
    drained = START;
    events = 0;
    oldest = undefined;
  };

  /** The file as it is when it is not being begun anew; where that failed, the disk may be better now. */
  const whole = (): Promise<void> => {
    renewing = renewing.catch(beginAnew);
    return renewing;
  };

  const write = async (name: string, news: readonly NewEvent[]): Promise<void> => {
    await whole();
    const { position } = await log.append(name, 'none', news);
    if (position <= last) return;
    last = position;
    events += news.length;
    oldest ??= world.clock.now();
  };

  const next = async (limit: number): Promise<SpooledAppend[]> => {
    await whole();
    const appends: SpooledAppend[] = [];
    let name: string | undefined;
    let count = 0;
    for await (const batch of log.readAll(drained)) {
      for (const event of batch) {
        if (event.stream !== name) {
          if (count >= limit) return appends;
          name = event.stream;
          appends.push(begun(event));
        }
        const append = appends.at(-1);
        append?.events.push(event);
        if (append) append.position = event.position;
        count++;
      }
    }
    return appends;
  };

  return {
    dir,
    /** Durable when it resolves. @throws WrongExpectedRevision where another append expects the same; RollcallError as EventLog.append */
    append: (stream: string, expected: ExpectedRevision, news: readonly NewEvent[]): Promise<void> => {
      const writing = write(nameOf(stream, expected), news);
      under.add(writing);
      const over = (): void => void under.delete(writing);
      writing.then(over, over);
      return writing;
    },
    /** Whether it is here, with the same events. */
    has: async (stream: string, expected: ExpectedRevision, news: readonly NewEvent[]): Promise<boolean> => {
      const ids: string[] = [];
      for await (const batch of log.readStream(nameOf(stream, expected))) ids.push(...batch.map(({ id }) => id));
      return ids.length === news.length && news.every(({ id }, index) => id === ids[index]);
    },
    /** The oldest appends that are not drained, some `limit` events of them. */
    next: async (limit: number): Promise<SpooledAppend[]> => {
      const appends = await next(limit);
      oldest = appends[0]?.recorded ?? oldest;
      return appends;
    },
    /** It is in the remote log, or set aside. */
    done: (append: SpooledAppend): void => {
      events = Math.max(0, events - append.events.length);
    },
    /** Everything up to there is. */
    drainedTo: async (position: Position): Promise<void> => {
      drained = position;
      if (last <= drained) return;
      const compacting = upkeep.then(() => log.compact({ before: drained }));
      upkeep = compacting.catch(() => {});
      await compacting;
    },
    /** The events of a stream from the append on that expects `expected`, at the revisions that they will have. */
    async *chain(stream: string, expected: ExpectedRevision): AsyncGenerator<RecordedEvent[]> {
      for (let from = base(expected); ; ) {
        let found = 0;
        for await (const batch of log.readStream(`${from}/${stream}`)) {
          yield batch.map((event) => ({ ...event, stream, revision: revision(from + 1 + event.revision) }));
          found += batch.length;
        }
        if (found === 0) return;
        from += found;
      }
    },
    /** Nothing waits, and nothing is on its way here. */
    isEmpty: (): boolean => under.size === 0 && last <= drained,
    get last() {
      return last;
    },
    /** Appends on their way here are there. */
    settled: async (): Promise<void> => void (await Promise.allSettled(under)),
    /** Gives up everything that is in it, and its file: it begins anew. */
    renew: (): Promise<void> => {
      renewing = upkeep.then(beginAnew);
      upkeep = renewing.catch(() => {});
      return renewing;
    },
    events: (): number => events,
    bytes: (): number => ['', '-wal'].reduce((sum, suffix) => sum + sizeOf(path + suffix), 0),
    /** How long the oldest has waited, in milliseconds; 0 when nothing waits. */
    age: (): number => (oldest === undefined || last <= drained ? 0 : Math.max(0, world.clock.now() - oldest)),
    close: async (): Promise<void> => {
      await upkeep;
      try {
        await log.close();
      } finally {
        lock.release();
      }
    },
  };
};

export type Spool = Awaited<ReturnType<typeof openSpool>>;

const begun = ({ stream: name, position, recorded }: RecordedEvent): SpooledAppend => {
  const [, from, stream = name] = NAME.exec(name) ?? [];
  const expected = from === undefined || from === '-1' ? 'none' : revision(Number(from));
  return { stream, expected, events: [], position, recorded };
};

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** As it would come out of the spool. */
export const asSpooled = (stream: string, expected: ExpectedRevision, news: readonly NewEvent[]): SpooledAppend => ({
  ...{ stream, expected, position: START, recorded: 0 },
  events: news.map((event, index) => ({
    ...event,
    ...{ stream, revision: endOf(expected, index + 1), position: START, recorded: event.time },
  })),
});
