import { parseStream } from '@rollcall/channel';
import type { Changes } from '@rollcall/state-cache';
import type { End } from './held.ts';
import { channelKey } from './partition.ts';

/** Ends that are told of channels which the topic may never have had; beyond that many, the topic alone says what has to go. */
const MOST_ENDS = 100_000;

/** What is looked at together: keys of the channel topic, with the streams that were touched, and names of PBXs. */
export type Round = {
  keys: Map<string, Set<string>>;
  pbxs: Set<string>;
  done: PromiseWithResolvers<void>;
};

const newRound = (): Round => {
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => {}); // Who published need not wait for it.
  return { keys: new Map(), pbxs: new Set(), done };
};

/**
 * What may be otherwise in the list than on the topic, by key and not change by change: however long Kafka is away, this does
 * not grow beyond the channels there are, the list waits for nobody, and what comes in the end is what is true then.
 */
export const createAgenda = () => {
  const ends = new Map<string, End>();
  /** Keys for which the topic is ahead of the list. */
  const ahead = new Map<string, { position: number; touched: ReadonlySet<string> }>();
  let next = newRound();
  let asked = false;

  const markKey = (key: string, touched: Iterable<string> = []): void => {
    const streams = next.keys.get(key) ?? new Set();
    for (const stream of touched) streams.add(stream);
    next.keys.set(key, streams);
  };

  const markEnd = (key: string, boot: number | undefined, end: Omit<End, 'boot'> | undefined): void => {
    if (boot === undefined || end === undefined || ends.size >= MOST_ENDS) return;
    ends.set(key, { boot, revision: end.revision, position: end.position });
  };

  const mark = (stream: string, end?: Omit<End, 'boot'>): void => {
    const { pbx, boot, uniqueid } = parseStream(stream) ?? {};
    if (pbx === undefined || uniqueid === undefined) return;
    const key = channelKey(pbx, uniqueid);
    markKey(key, [stream]);
    markEnd(key, boot, end);
  };

  return {
    ends,
    markKey,
    mark,
    markPbx: (name: string): void => void next.pbxs.add(name),
    /** What one commit changed. */
    markChanges: ({ puts, removals, ends: told, pbxs, checkpoint }: Changes): void => {
      for (const stream of puts.keys()) mark(stream);
      for (const stream of removals) mark(stream, told?.get(stream));
      for (const { name } of pbxs) next.pbxs.add(name);
      for (const [key, { position, touched }] of ahead) {
        if (checkpoint < position) continue;
        ahead.delete(key);
        markKey(key, touched);
      }
    },
    /** The topic is ahead of the list: looked at again when that has come to `position`. */
    wait: (key: string, position: number, touched: ReadonlySet<string>): void =>
      void ahead.set(key, { position, touched }),
    /** Resolves once everything marked so far is on the topic. */
    published: (): Promise<void> => {
      asked = true;
      return next.done.promise;
    },
    get size(): number {
      return next.keys.size;
    },
    get isEmpty(): boolean {
      return next.keys.size === 0 && next.pbxs.size === 0 && !asked;
    },
    /** Everything marked so far; what is marked from now on belongs to the next round. */
    take: (): Round => {
      const round = next;
      next = newRound();
      asked = false;
      return round;
    },
    /** It could not be done: all of it belongs to the next round. */
    putBack: ({ keys, pbxs, done }: Round): void => {
      for (const [key, touched] of keys) markKey(key, touched);
      for (const name of pbxs) next.pbxs.add(name);
      next.done.promise.then(done.resolve, done.reject);
    },
  };
};

export type Agenda = ReturnType<typeof createAgenda>;
