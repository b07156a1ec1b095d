import type { ChannelList, Difference } from '@rollcall/channel';
import type { Compared, LookOutcome } from './reconciler.ts';

/**
 * One list of the PBX beside ours, for an audit: what differed, and how each difference ended. It hears of everything that settles
 * a difference, in the order in which it is written.
 */
export const createComparison = () => {
  const ours = new Map<string, Difference>();
  const missing = new Map<string, Difference>();
  const open = new Set<string>();
  const taken = Promise.withResolvers<ChannelList>();
  const settled = Promise.withResolvers<void>();
  let agreed = 0;

  const settle = (uniqueid: string, outcome: Difference['outcome']): void => {
    const difference = ours.get(uniqueid) ?? missing.get(uniqueid);
    if (difference) difference.outcome = outcome;
    if (open.delete(uniqueid) && open.size === 0) settled.resolve();
  };

  return {
    /** The list has been compared; what is in doubt is looked at next. */
    compared: (list: ChannelList, result: Compared): void => {
      agreed = result.agreed;
      for (const { uniqueid, name } of result.missing) ours.set(uniqueid, { uniqueid, name, outcome: 'unsettled' });
      for (const { uniqueid, facts } of [...result.created, ...result.suspects]) {
        missing.set(uniqueid, { uniqueid, name: facts.name ?? '', outcome: 'unsettled' });
      }
      for (const { uniqueid } of result.created) settle(uniqueid, 'repaired');
      for (const uniqueid of result.doubts) open.add(uniqueid);
      if (open.size === 0) settled.resolve();
      taken.resolve(list);
    },
    /** A Newchannel came for it after all: the list was only quicker. */
    created: (uniqueid: string): void => {
      if (missing.has(uniqueid)) settle(uniqueid, 'withdrawn');
    },
    looked: (uniqueid: string, outcome: LookOutcome): void => {
      if (!open.has(uniqueid) || outcome === 'again') return;
      const repaired = outcome === (ours.has(uniqueid) ? 'removed' : 'revived');
      settle(uniqueid, repaired ? 'repaired' : 'withdrawn');
    },
    /** No answer could be had about it. */
    unanswered: (uniqueid: string): void => {
      if (open.has(uniqueid)) settle(uniqueid, 'unsettled');
    },
    /** Resolves with the list once it has been compared. */
    list: taken.promise,
    /** Resolves when every difference has ended. */
    settled: settled.promise,
    result: () => ({ agreed, ours: [...ours.values()], missing: [...missing.values()] }),
  };
};

export type Comparison = ReturnType<typeof createComparison>;
