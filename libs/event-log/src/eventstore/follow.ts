import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import { logUnavailable } from './log-errors.ts';
import { positionOf, type Stored, typeOf } from './record.ts';
import { resuming } from './resuming.ts';
import type { Server } from './server.ts';
import { subscribeRequest } from './wire.ts';

/** What an operator's tombstone leaves in `$all`: no event of the stream, which is gone. */
const TOMBSTONE = '$streamDeleted';

/** Deadlines that a subscription may be silent before the server is asked whether there is something. */
const SILENCES = 3;

export type FollowOptions = {
  server: Server;
  /** What names of streams begin with. */
  prefixes: readonly string[];
  /** Nothing of ours lies before this. */
  birth: number;
  /** Position of our last event. */
  head: () => Promise<number>;
  /** The last place at or before a position of which it is known that an event begins there. */
  placeBefore: (position: number) => Promise<number>;
};

/** Our events after `after`, up to and including `until`, or without end until `signal` aborts. */
export type Follow = (
  after: number,
  options: { until?: number; signal: AbortSignal; stalled?: (error: Error | undefined) => void },
) => AsyncGenerator<Stored[]>;

/**
 * Reads `$all` forwards by the server's filtered subscription, also where the end is known: it tells how far it is where nothing is
 * ours, so that silence means trouble. After a lost connection it goes on behind what the reader is done with: places and
 * checkpoints are taken only then.
 */
export const createFollow =
  ({ server, prefixes, birth, head, placeBefore }: FollowOptions): Follow =>
  (after, { until = Number.POSITIVE_INFINITY, signal, stalled }) => {
    const bounded = until < Number.POSITIVE_INFINITY;
    let place = Math.max(after, birth);
    let handedOver = after;
    let unsure = after > birth;

    /** Where the log ended when the subscription was found silent before that: it must get there, or it is dead. */
    let owed = START as number;

    const askWhatIsThere = async (): Promise<void> => {
      if (owed > handedOver) throw logUnavailable(server.where, `it holds back what follows position ${handedOver}`);
      owed = await head();
    };
    const fail = (): Promise<void> =>
      Promise.reject(logUnavailable(server.where, `nothing came for ${server.deadline} ms`));

    const sort = (responses: readonly ReadResp[]): { events: Stored[]; reached: number; done: boolean } => {
      const events: Stored[] = [];
      let reached = place;
      for (const response of responses) {
        const stored = response.getEvent()?.getEvent();
        if (stored) {
          const at = positionOf(stored);
          if (at > until) return { events, reached, done: true };
          reached = Math.max(reached, at);
          if (at <= handedOver) continue;
          handedOver = at;
          if (typeOf(stored) !== TOMBSTONE) events.push(stored);
        } else {
          reached = Math.max(reached, Number(response.getCheckpoint()?.getCommitPosition() ?? 0));
        }
        if (reached >= until || (bounded && response.hasCaughtUp())) return { events, reached, done: true };
      }
      return { events, reached, done: false };
    };

    async function* attempt(): AsyncGenerator<Stored[]> {
      let confirmed = false;
      owed = START;
      const silence = () =>
        bounded || !confirmed
          ? { ms: server.deadline, over: fail }
          : { ms: (owed > handedOver ? 1 : SILENCES) * server.deadline, over: askWhatIsThere };
      try {
        for await (const responses of server.stream(subscribeRequest(prefixes, place), signal, silence)) {
          confirmed = true;
          const { events, reached, done } = sort(responses);
          if (reached > place) unsure = false;
          yield events;
          // Only now: the reader has come back for more.
          place = reached;
          if (done) return;
        }
      } catch (error) {
        if (!unsure) throw error;
        unsure = false;
        if (!isPlaceRefused(error)) throw error;
        place = Math.max(birth, await placeBefore(after));
        return yield* attempt();
      }
      if (!signal.aborted) throw logUnavailable(server.where, 'it ended the subscription');
    }

    if (until <= handedOver) return nothing();
    const giveUpAfter = bounded ? { giveUpAfter: server.deadline } : {};
    return resuming(server, { signal, ...giveUpAfter, ...(stalled ? { stalled } : {}) }, attempt);
  };

async function* nothing(): AsyncGenerator<never> {}

/** A position that is not the beginning of a record, such as one that somebody typed. Older servers say no more than "unknown". */
const isPlaceRefused = (error: unknown): boolean => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return !isRollcallError(error) && (code === 2 || code === 3);
};
