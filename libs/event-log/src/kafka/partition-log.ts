import { position, START } from '@rollcall/channel';
import { logClosed, logError, logReadOnly } from '../embedded/log-errors.ts';
import { openPositionAt } from '../embedded/position-at.ts';
import { openReading } from '../embedded/reading.ts';
import { heldPlaces } from '../embedded/reading-places.ts';
import type { Append } from '../embedded/write-append.ts';
import type { Appended, EventLog, StreamHead } from '../event-log.ts';
import { checkedAppend } from './append-checks.ts';
import { type AppendQueueOptions, openAppendQueue } from './append-queue.ts';
import type { Mirror } from './mirror.ts';
import { openRawStream, type RawStream } from './raw-stream.ts';

export type PartitionLog = EventLog & {
  /** What stands in another partition, as it stands there. */
  copy(append: Append): Promise<Appended>;
  readonly raw: RawStream;
  readonly mirror: Mirror;
};

export type PartitionLogOptions = AppendQueueOptions & { mode: 'write' | 'read' };

/**
 * One partition as an event log. All reads are answered by its mirror: it knows what was there when the log was opened, whatever
 * this process has appended, and what others append as soon as it arrives; also while no broker can be reached.
 */
export const openPartitionLog = (options: PartitionLogOptions): PartitionLog => {
  const { label, mirror, mode, lost } = options;
  const { db, path, rows, heads, feed } = mirror;
  let closed: Promise<void> | undefined;

  const use = <T>(work: () => T): T => {
    if (closed) throw logClosed(label);
    lost.throwIfAborted();
    try {
      return work();
    } catch (error) {
      throw logError(path, error);
    }
  };

  const queue = openAppendQueue(options);
  const positionAt = openPositionAt(db);
  const reading = openReading({ db, rows, heads, feed, places: heldPlaces(), use });
  const wake = (): void => feed.wake();
  lost.addEventListener('abort', wake, { once: true });

  const write = async (append: () => Append): Promise<Appended> => {
    if (closed) throw logClosed(label);
    if (mode === 'read') throw logReadOnly(label);
    return queue.append(append());
  };

  const close = async (): Promise<void> => {
    await queue.idle();
    lost.removeEventListener('abort', wake);
    feed.wake();
  };

  return {
    ...reading,
    mirror,
    raw: openRawStream(db),
    get id() {
      return mirror.id;
    },
    append: (stream, expected, events) => write(() => checkedAppend(stream, expected, events)),
    copy: (append) => write(() => append),
    readAll: (after, to) => reading.readAll(after, to ?? (closed ? START : use(feed.head))),
    readOpen: (at) => reading.readOpen(at ?? (closed ? START : use(feed.head))),
    head: async () => use(feed.head),
    heads: async (streams) =>
      use(() => {
        const found = new Map<string, StreamHead>();
        for (const stream of streams) {
          const at = heads.of(stream);
          if (at) found.set(stream, { revision: at.revision, closed: at.closed });
        }
        return found;
      }),
    // Nothing is ever dropped: a topic that drops anything is refused.
    compactedTo: async () => use(() => START),
    positionAt: async (time) => use(() => position(positionAt(time))),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
};
