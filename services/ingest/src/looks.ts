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

/** Asks the PBX about single channels: each id once at a time, a few at once. */
export const createLooks = ({ look, heard, answered, failed }: LooksOptions) => {
  const waiting = new Set<string>();
  const asking = new Set<string>();

  const next = (): void => {
    for (const uniqueid of waiting) {
      if (asking.size >= AT_ONCE) return;
      if (asking.has(uniqueid)) continue;
      waiting.delete(uniqueid);
      asking.add(uniqueid);
      const askedAt = heard();
      look(uniqueid)
        .then((found) => answered(uniqueid, found, askedAt))
        .catch(() => failed(uniqueid))
        .finally(() => {
          asking.delete(uniqueid);
          next();
        });
    }
  };

  return {
    ask: (uniqueid: string): void => {
      if (waiting.size >= WAITING_LIMIT) failed(uniqueid);
      else waiting.add(uniqueid);
      next();
    },
  };
};
