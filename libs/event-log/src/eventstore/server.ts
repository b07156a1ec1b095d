import type { AppendReq, AppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { World } from '@rollcall/clock';
import { append, type Client, close } from './client.ts';
import { isRetriable, logClosed, logError, logUnavailable } from './log-errors.ts';
import { createSlots } from './slots.ts';
import { take } from './take.ts';

/** Calls under way at once: servers take a hundred on one connection, and subscriptions are among them. */
const CALLS_AT_ONCE = 80;

export type Server = {
  readonly world: World;
  /** For messages. */
  readonly where: string;
  /** Milliseconds that anything may go without an answer. */
  readonly deadline: number;
  /** Aborted when the log is closed. */
  readonly closing: AbortSignal;
  /** @throws RollcallError LOG_CLOSED */
  use(): void;
  /**
   * One append. As long as the deadline allows, it is sent again, as it was, when the server is away or has another leader:
   * whichever of them was written, the server takes the others for the same.
   */
  append(messages: readonly AppendReq[]): Promise<AppendResp>;
  /** All responses of a short read, sent again likewise. */
  collect(request: ReadReq): Promise<ReadResp[]>;
  /**
   * The responses of a read that may be long, over one connection. `silence`: what to do when nothing came for so many
   * milliseconds; by default that is the end of it after `deadline`.
   */
  stream(
    request: ReadReq,
    signal: AbortSignal,
    silence?: () => { ms: number; over: () => Promise<void> },
  ): AsyncGenerator<ReadResp[]>;
  close(): Promise<void>;
};

export type ServerOptions = { client: Client; where: string; deadline: number; world: World; requiresLeader: boolean };

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 10_000;

/** How long to wait before trying again, in milliseconds: longer each time, and never all at once. */
export const backoff = (attempt: number, { random }: World): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random.float() / 2);

/** One server or cluster, asked within deadlines. */
export const createServer = ({ client, where, deadline, world, requiresLeader }: ServerOptions): Server => {
  const { clock, scheduler } = world;
  const closing = new AbortController();
  const slots = createSlots(CALLS_AT_ONCE);

  const use = (): void => {
    if (closing.signal.aborted) throw logClosed(where);
  };
  const noAnswer = () => logUnavailable(where, `no answer within ${deadline} ms`);

  /** Whatever the client does, this ends. */
  const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = scheduler.after(Math.max(0, ms), () => reject(noAnswer()));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  };

  const untilDeadline = async <T>(work: (left: number) => Promise<T>): Promise<T> => {
    const end = clock.monotonic() + deadline;
    const unlessLate = async (): Promise<T> => {
      const left = end - clock.monotonic();
      if (left <= 0) throw noAnswer();
      return work(left);
    };
    let reason: unknown;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await within(end - clock.monotonic(), slots.run(unlessLate));
      } catch (error) {
        const known = logError(where, error);
        if (!isRetriable(known)) throw known;
        const pause = backoff(attempt, world);
        const now = clock.monotonic();
        // What an earlier try was told says more than that the last one got no answer in the time that was left.
        if (now >= end) throw reason ?? known;
        if (now + pause >= end) throw known;
        reason = known;
        await scheduler.sleep(pause);
      }
    }
  };

  const stream: Server['stream'] = (
    request,
    signal,
    silence = () => ({ ms: deadline, over: () => Promise.reject(noAnswer()) }),
  ) => take({ client, request, requiresLeader, scheduler, silence, signal });

  return {
    world,
    where,
    deadline,
    closing: closing.signal,
    use,
    append: (messages) => untilDeadline((left) => append.call(client, messages, { requiresLeader, deadline: left })),
    collect: (request) =>
      untilDeadline(async (left) => {
        use();
        const responses: ReadResp[] = [];
        const late = new AbortController();
        const cancel = scheduler.after(left, () => late.abort());
        try {
          for await (const some of stream(request, AbortSignal.any([closing.signal, late.signal])))
            responses.push(...some);
        } finally {
          cancel();
        }
        use();
        if (late.signal.aborted) throw noAnswer();
        return responses;
      }),
    stream,
    close: async () => {
      closing.abort();
      await close.call(client);
    },
  };
};
