import { isTerminal, position, type RecordedEvent, readEvent, revision, START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import { openEventRows } from '../embedded/event-rows.ts';
import { openKinds } from '../embedded/kinds.ts';
import { logError } from '../embedded/log-errors.ts';
import { openStreamHeads } from '../embedded/stream-heads.ts';
import { commitFeed } from '../embedded/subscription.ts';
import { type Append, openAppendWriter } from '../embedded/write-append.ts';
import type { Appended } from '../event-log.ts';
import { type AppendRecord, appendsIn } from './appends-in.ts';
import type { MirrorFile, MirrorState } from './mirror-file.ts';
import { idOf, type KafkaRecord } from './record.ts';

/** What stands in the partition and is no event of the log. */
export type Passed = {
  /** Appends that came second: another writer's was at those revisions, or it was the same one once more. */
  appends: number;
  /** Records that are none of this log. */
  foreign: number;
};

/**
 * One partition as a log. Kafka knows no expected revision: whatever a writer believes, its records stand in the partition. So
 * the rule is, for every reader alike: an append counts when its stream stands at the revision that it expected; of those
 * that expected the same, the first in the partition. Whoever reads a partition from its beginning comes to the same events.
 * The mirror keeps what it came to, so that it need not begin there again, and so that a stream can be read by itself.
 * The event at offset n has position n + 1.
 */
export const openMirror = (file: MirrorFile) => {
  const { db, path } = file;
  let { state } = file;
  let id = db.prepare<[], string>('SELECT id FROM log').pluck().get() ?? '';
  const kinds = openKinds(db, path);
  const heads = openStreamHeads(db, true);
  const rows = openEventRows(db, path, kinds, false);
  const writer = openAppendWriter({ db, kinds, heads, terminal: isTerminal });
  const newest = db.prepare<[], number | null>('SELECT max(position) FROM events').pluck();
  const setId = db.prepare('UPDATE log SET id = ?');
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const passed: Passed = { appends: 0, foreign: 0 };
  const awaited = new Map<string, Appended | undefined>();
  let head = position(newest.get() ?? START);
  const feed = commitFeed(rows.after, () => head);
  const waiting = new Set<{ next: number; done: () => void }>();

  /** Undefined for an append that does not count. */
  const write = (entry: AppendRecord): Appended | undefined => {
    writer.skipTo(position(entry.offset));
    try {
      const { appended, recorded } = writer.write(entry.append, entry.recorded);
      return recorded === undefined ? undefined : appended;
    } catch (error) {
      if (isRollcallError(error)) return undefined;
      throw error;
    }
  };

  /** Everything in `records`, in the open transaction; what of it counts. */
  const takeAll = (records: readonly KafkaRecord[], reached: MirrorState): [AppendRecord, Appended][] => {
    const counted: [AppendRecord, Appended][] = [];
    for (const entry of appendsIn(records)) {
      if (entry.is === 'first' && reached.partitions === 0) {
        reached.partitions = entry.partitions;
        setId.run(entry.log);
      } else if (entry.is === 'append' && reached.partitions > 0) {
        const appended = write(entry);
        if (appended) counted.push([entry, appended]);
        else passed.appends++;
      } else {
        passed.foreign++;
      }
    }
    file.save(reached);
    return counted;
  };

  return {
    path,
    db,
    rows,
    heads,
    feed,
    passed,
    /** By the id of its first event, for those that were put here: where an append stands since it was read and counted. */
    awaited,
    get id() {
      return id;
    },
    get state(): Readonly<MirrorState> {
      return state;
    },
    /**
     * Takes what follows in the partition; those that it has already are passed over. What a reader sees of it is there when this
     * returns; when it throws, nothing of it is.
     * @throws RollcallError LOG_FORMAT_UNKNOWN, LOG_FULL, LOG_IO, LOG_READ_ONLY, LOG_DAMAGED
     */
    take: (records: readonly KafkaRecord[]): void => {
      const fresh = records.filter(({ offset }) => Number(offset) >= state.next);
      const last = fresh.at(-1);
      if (!last) return;
      const ours = fresh.findLast((record) => idOf(record) !== undefined);
      const reached = {
        ...state,
        next: Number(last.offset) + 1,
        ...(ours && { lastOffset: Number(ours.offset), lastId: idOf(ours) ?? '' }),
      };
      const takeBack = writer.begin();
      try {
        begin.run();
        const counted = takeAll(fresh, reached);
        writer.seal();
        commit.run();
        const appended = counted.at(-1)?.[1];
        if (reached.partitions !== state.partitions)
          id = db.prepare<[], string>('SELECT id FROM log').pluck().get() ?? '';
        state = reached;
        if (appended) head = appended.position;
        for (const [{ append }, place] of counted) {
          const [first] = append.events;
          if (first && awaited.has(first.id)) awaited.set(first.id, place);
        }
        feed.committed(recordedEvents(counted));
        for (const one of waiting) if (state.next >= one.next) one.done();
      } catch (error) {
        takeBack();
        if (db.inTransaction) rollback.run();
        throw logError(path, error);
      }
    },
    /** Resolves once everything before offset `next` is read, and at the latest when `signal` aborts. */
    reached: (next: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (state.next >= next || signal.aborted) return resolve();
        const one = {
          next,
          done: () => {
            waiting.delete(one);
            signal.removeEventListener('abort', one.done);
            resolve();
          },
        };
        waiting.add(one);
        signal.addEventListener('abort', one.done, { once: true });
      }),
    /** Where the append stands, if it counts. */
    standing: (append: Append): Appended | undefined => writer.standing(append),
  };
};

export type Mirror = ReturnType<typeof openMirror>;

/** As the mirror's readers find it. */
function* recordedEvents(counted: readonly [AppendRecord, Appended][]): Generator<RecordedEvent> {
  for (const [{ append, data, recorded }, appended] of counted) {
    for (const [index, { type, ...envelope }] of append.events.entries()) {
      const left = append.events.length - 1 - index;
      yield {
        ...envelope,
        ...readEvent({ type, data: data[index] }, envelope.schema),
        stream: append.stream,
        revision: revision(appended.revision - left),
        position: position(appended.position - left),
        recorded,
      };
    }
  }
}
