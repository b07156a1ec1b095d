import type { ListedChannel, Observation } from '@rollcall/channel';

/** What waits to be written, in the order in which it came: what the PBX reported, and its answers to our questions. */
export type Waiting =
  | Observation
  | { kind: 'looked'; uniqueid: string; found: ListedChannel | undefined; askedAt: number }
  | { kind: 'not-looked'; uniqueid: string }
  /** Something to do between what came before it and what comes after. */
  | { kind: 'turn'; task: () => void };

/** A queue with one reader, which waits while there is nothing, until `signal` aborts. */
export const createWorkQueue = (signal: AbortSignal) => {
  let items: Waiting[] = [];
  let wake: (() => void) | undefined;
  signal.addEventListener('abort', () => wake?.(), { once: true });
  return {
    get length() {
      return items.length;
    },
    push: (more: Waiting[]): void => {
      for (const item of more) items.push(item);
      wake?.();
    },
    /** All that waits, as soon as there is something; nothing only when the signal has aborted. */
    takeAll: async (): Promise<Waiting[]> => {
      if (items.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
      const taken = items;
      items = [];
      return taken;
    },
  };
};

export type WorkQueue = ReturnType<typeof createWorkQueue>;
