import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Scheduler } from '@rollcall/clock';
import { type Client, type ReadCall, read } from './client.ts';

/** Responses handed over at once, at most. */
const PAGE = 1_000;

/** Turns of the event loop without anything new after which a batch is done: what follows close upon it is still of it. */
const PAUSES = 3;

/** How long nothing may come, in milliseconds, and what is done when it is over: resolve to wait on, or throw. */
export type Silence = { ms: number; over: () => Promise<void> };

export type TakeOptions = {
  client: Client;
  request: ReadReq;
  requiresLeader: boolean;
  scheduler: Scheduler;
  /** Asked before each wait, since what silence means depends on what came so far. */
  silence: () => Silence;
  /** Ends it without an error. */
  signal: AbortSignal;
};

/** Lets everything else that waits have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * The responses of one read or subscription, in their order, as many at once as have come; never an empty batch. No more is
 * taken in than the reader asks for. Throws what ended the call; what came before that is handed over first.
 */
export async function* take(options: TakeOptions): AsyncGenerator<ReadResp[]> {
  const { client, request, requiresLeader, scheduler, silence, signal } = options;
  let news = false;
  let over = false;
  let failure: unknown;
  let wake = (): void => {};
  const look = (): void => {
    news = true;
    wake();
  };
  const end = (error?: unknown): void => {
    failure ??= error;
    over = true;
    look();
  };
  const listen = (call: ReadCall): void => {
    call
      .on('readable', look)
      .on('end', () => end())
      .on('error', end);
  };
  signal.addEventListener('abort', look);

  let opened: ReadCall | undefined;
  let given = false;
  const opening = read.call(client, request, requiresLeader, listen).then((call) => {
    opened = call;
    // Too late: nobody waits for it any more.
    if (given) call.cancel();
    look();
  }, end);

  const drain = async (call: ReadCall): Promise<ReadResp[]> => {
    const batch: ReadResp[] = [];
    for (let pauses = 0; pauses < PAUSES && batch.length < PAGE; pauses += 1) {
      for (let response = call.read(); response !== null; response = call.read()) {
        batch.push(response);
        pauses = 0;
        if (batch.length === PAGE) break;
      }
      if (batch.length === 0) break;
      await turn();
    }
    return batch;
  };

  const wait = async (): Promise<void> => {
    const { ms, over: isOver } = silence();
    let silent = false;
    const come = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const cancel = scheduler.after(ms, () => {
      silent = true;
      wake();
    });
    if (!news) await come;
    cancel();
    if (silent && !news) await isOver();
  };

  try {
    while (!signal.aborted) {
      news = false;
      const batch = opened ? await drain(opened) : [];
      if (batch.length > 0) yield batch;
      else if (over) {
        if (failure !== undefined) throw failure;
        return;
      } else if (!news) await wait();
    }
  } finally {
    signal.removeEventListener('abort', look);
    given = true;
    opened?.cancel();
    void opening;
  }
}
