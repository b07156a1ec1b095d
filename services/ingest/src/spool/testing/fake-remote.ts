import { isTerminal, type NewEvent, position, type RecordedEvent, type Revision, revision } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { type ExpectedRevision, WrongExpectedRevision } from '@rollcall/event-log';
import type { IngestLog } from '../../ingest-log.ts';

/**
 * How one append fares.
 * - `away`: refused before it is written
 * - `answer-lost`: written, and then an error
 * - `silent`: not written, and never answered
 * - `silent-written`: written, and never answered
 * - `late`: never answered, and written once the log is well again
 * - an error: what it fails with, before it is written
 */
export type Fate = 'written' | 'away' | 'answer-lost' | 'silent' | 'silent-written' | 'late' | Error;

const away = () => new RollcallError('LOG_UNAVAILABLE', 'The log cannot be reached.', 'Wait.');

/** For tests: a remote log in memory that keeps the promises of the port, whatever befalls its appends. */
export const createFakeRemote = () => {
  const events: RecordedEvent[] = [];
  const late: (() => void)[] = [];
  let closed = false;
  const remote = {
    events,
    fate: (_stream: string, _news: readonly NewEvent[]): Fate => 'written',
    readable: true,
    /** Appends that reached it. */
    asked: 0,
    /** What was late comes. */
    catchUp: (): void => {
      for (const write of late.splice(0)) write();
    },
    ofStream: (stream: string): RecordedEvent[] => events.filter((event) => event.stream === stream),
    /** Another writer's. */
    write: (stream: string, expected: ExpectedRevision, news: readonly NewEvent[]): Revision => {
      const there = remote.ofStream(stream);
      const from = expected === 'none' ? 0 : expected + 1;
      if (from !== there.length) {
        const standing = there.slice(from, from + news.length);
        const same = standing.length === news.length && standing.every(({ id }, index) => id === news[index]?.id);
        if (same) return revision(from + news.length - 1);
        throw new WrongExpectedRevision(stream, expected, there.at(-1)?.revision ?? 'none');
      }
      for (const [index, event] of news.entries()) {
        const place = { revision: revision(from + index), position: position(events.length + 1) };
        events.push({ ...event, ...place, stream, recorded: event.time });
      }
      return revision(from + news.length - 1);
    },
  };
  const log: IngestLog & { close(): Promise<void> } = {
    append: async (stream, expected, news) => {
      if (closed) throw new RollcallError('LOG_CLOSED', 'Closed.', '');
      remote.asked++;
      await null;
      const fate = remote.fate(stream, news);
      if (fate instanceof Error) throw fate;
      if (fate === 'away') throw away();
      if (fate === 'late') late.push(() => void trying(() => remote.write(stream, expected, news)));
      if (fate === 'silent' || fate === 'late') return new Promise(() => {});
      const at = remote.write(stream, expected, news);
      if (fate === 'answer-lost') throw away();
      if (fate === 'silent-written') return new Promise(() => {});
      return at;
    },
    heads: async (streams) => {
      if (!remote.readable) throw away();
      const found = streams.flatMap((stream) => remote.ofStream(stream).at(-1) ?? []);
      return new Map(found.map(({ stream, revision, type }) => [stream, { revision, closed: isTerminal(type) }]));
    },
    async *readStream(stream, from = revision(0)) {
      if (!remote.readable) throw away();
      const found = remote.ofStream(stream).filter((event) => event.revision >= from);
      for (let at = 0; at < found.length; at += 3) yield found.slice(at, at + 3);
    },
    close: async () => {
      closed = true;
    },
  };
  return Object.assign(remote, { log });
};

export type FakeRemote = ReturnType<typeof createFakeRemote>;

const trying = (work: () => unknown): void => {
  try {
    work();
  } catch (error) {
    if (!(error instanceof WrongExpectedRevision)) throw error;
  }
};
