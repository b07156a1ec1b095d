import {
  type AsteriskGhost,
  channelStream,
  ghostKey,
  overSince,
  type RecordedEvent,
  type Unreal,
} from '@rollcall/channel';
import type { IngestLog } from './ingest-log.ts';

/** Asterisk's ghosts that audits have found in this boot: one that is known needs no second look, and no look into the log. */
export const createAsteriskGhosts = ({ pbx, log }: { pbx: string; log: Pick<IngestLog, 'readStream'> }) => {
  let known = new Map<string, AsteriskGhost>();
  let ofBoot = 0;

  const find = async (entry: Unreal, boot: number, foundAt: number): Promise<AsteriskGhost> => {
    const events: RecordedEvent[] = [];
    for await (const batch of log.readStream(channelStream(pbx, boot, entry.uniqueid))) events.push(...batch);
    return { ...entry, overSince: overSince(entry.name, events), foundAt };
  };

  return {
    isKnown: (entry: Unreal, boot: number): boolean => ofBoot === boot && known.has(ghostKey(entry)),
    /** What an audit has found to be there; whatever it did not find is forgotten. */
    found: async (entries: readonly Unreal[], boot: number, foundAt: number): Promise<AsteriskGhost[]> => {
      const before = ofBoot === boot ? known : new Map<string, AsteriskGhost>();
      const ghosts: AsteriskGhost[] = [];
      for (const entry of entries) {
        const same = before.get(ghostKey(entry));
        ghosts.push(same ? { ...same, seenIn: entry.seenIn } : await find(entry, boot, foundAt));
      }
      known = new Map(ghosts.map((ghost) => [ghostKey(ghost), ghost]));
      ofBoot = boot;
      return ghosts;
    },
  };
};

export type AsteriskGhosts = ReturnType<typeof createAsteriskGhosts>;
