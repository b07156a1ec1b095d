import type { ListedChannel } from '@rollcall/channel';

export type LooksOptions = {
  look: (uniqueid: string) => Promise<ListedChannel | undefined>;
  /** The writer's count at this moment: what is heard after it wins over the answer. */
  heard: () => number;
  answered: (uniqueid: string, found: ListedChannel | undefined, askedAt: number) => void;
  /** It is left to the next list: no answer came, or too many wait already. */
  failed: (uniqueid: string) => void;
};

/** Asked at once; a PBX under load is not pressed harder. */
const AT_ONCE = 8;
/** Beyond it the next list will have to settle what is in doubt. */
const WAITING_LIMIT = 10_000;

type Question = {
  /** Its answer settles a doubt. */
  settles: boolean;
  waiters: { resolve: (found: ListedChannel | undefined) => void; reject: (error: unknown) => void }[];
};

/** Asks the PBX about single channels: each id once at a time, a few at once. */
export const createLooks = ({ look, heard, answered, failed }: LooksOptions) => {
  const waiting = new Map<string, Question>();
  const asking = new Set<string>();

  const askNow = async (uniqueid: string, { settles, waiters }: Question): Promise<void> => {
    const askedAt = heard();
    try {
      const found = await look(uniqueid);
      if (settles) answered(uniqueid, found, askedAt);
      for (const { resolve } of waiters) resolve(found);
    } catch (error) {
      if (settles) failed(uniqueid);
      for (const { reject } of waiters) reject(error);
    }
  };

  const next = (): void => {
    for (const [uniqueid, question] of waiting) {
      if (asking.size >= AT_ONCE) return;
      if (asking.has(uniqueid)) continue;
      waiting.delete(uniqueid);
      asking.add(uniqueid);
      void askNow(uniqueid, question).then(() => {
        asking.delete(uniqueid);
        next();
      });
    }
  };

  const question = (uniqueid: string): Question => {
    const same = waiting.get(uniqueid) ?? { settles: false, waiters: [] };
    waiting.set(uniqueid, same);
    return same;
  };

  return {
    /** To settle a doubt. */
    ask: (uniqueid: string): void => {
      if (waiting.size >= WAITING_LIMIT) failed(uniqueid);
      else question(uniqueid).settles = true;
      next();
    },
    /** For somebody who only wants to know. Rejects as the PBX's answer does. */
    find: (uniqueid: string): Promise<ListedChannel | undefined> =>
      new Promise((resolve, reject) => {
        question(uniqueid).waiters.push({ resolve, reject });
        next();
      }),
  };
};
