import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadFault } from './faults.ts';
import type { ReadCall } from './read.ts';
import { shutDown } from './refusals.ts';

/** One call's answers on their way out, at the reader's speed, with what a fault does to them. */
export type Responses = {
  /** Resolves when there is room for the next; never again when the reader is gone. */
  send(response: ReadResp): Promise<void>;
  end(): void;
  fail(error: unknown): void;
  /** Aborted when the reader is gone, or the call over. */
  readonly gone: AbortSignal;
};

const NEVER = new Promise<void>(() => {});

export const responses = (call: ReadCall, fault: ReadFault | undefined): Responses => {
  const over = new AbortController();
  const seen: ReadResp[] = [];
  let sent = 0;
  call.on('cancelled', () => over.abort());
  call.on('close', () => over.abort());
  call.on('error', () => over.abort());

  const write = (response: ReadResp): Promise<void> => {
    if (over.signal.aborted) return NEVER;
    sent += 1;
    if (call.write(response)) return Promise.resolve();
    return new Promise((resolve) => call.once('drain', resolve));
  };

  const duplicated = async (response: ReadResp): Promise<void> => {
    await write(response);
    if (!response.hasEvent()) return;
    await write(response);
    seen.push(response);
    if (seen.length % 10 === 0) for (const old of seen.slice(-25)) await write(old);
  };

  return {
    gone: over.signal,
    send: async (response) => {
      switch (fault?.is) {
        case 'silent':
          return sent >= (fault.after ?? 0) ? NEVER : write(response);
        case 'cut':
          if (sent < fault.after) return write(response);
          call.emit('error', shutDown());
          return NEVER;
        case 'ended':
          if (sent < fault.after) return write(response);
          call.end();
          return NEVER;
        case 'duplicates':
          return duplicated(response);
        case 'slow':
          await new Promise((resolve) => setTimeout(resolve, fault.ms));
          return write(response);
        default:
          return write(response);
      }
    },
    end: () => {
      if (!over.signal.aborted) call.end();
    },
    fail: (error) => {
      if (!over.signal.aborted) call.emit('error', error);
    },
  };
};
