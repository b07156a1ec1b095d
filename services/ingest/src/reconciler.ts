import {
  type Channel,
  type ChannelList,
  type ListedChannel,
  parseStream,
  type Reconciliation,
  reconcile,
} from '@rollcall/channel';
import type { IngestCounters } from './counters.ts';
import type { Known } from './known-streams.ts';
import type { Writer } from './writer.ts';

/**
 * A list or look is as of when it was asked for: `askedAt` is the writer's `heard` at that moment, `at` the moment in monotonic
 * milliseconds, which a recording cannot tell.
 */
type Asked = { askedAt: number; at?: number };

/** Asterisk (16 to 23) lists a bridge for a moment after it was left. */
const BRIDGE_LINGERS_MS = 2000;

/** A list beside ours. */
export type Compared = {
  /** Channels that both have. */
  agreed: number;
  /** Taken over at once. */
  created: ListedChannel[];
  /** It lists them, and here they are over. */
  suspects: ListedChannel[];
  /** It lacks them, and here they are live. */
  missing: Channel[];
  /** Uniqueids of those, and of what another writer wrote meanwhile: nothing is removed or brought back without a second look. */
  doubts: string[];
};

/**
 * What a second look came to: the channel was ended here, brought back, or corrected, or was as it is known; `again` when it
 * settled nothing, since an event came in after it was asked, or another writer was first.
 */
export type LookOutcome = 'removed' | 'revived' | 'corrected' | 'as-known' | 'again';

export type ReconcilerOptions = {
  writer: Writer;
  counters: IngestCounters;
  /** May a list create channels? Not one that is answered from Asterisk's cache while a better one can be had. */
  imports: (list: ChannelList) => boolean;
};

const isSoonAfter = (left: { at: number }, at: number): boolean => at - left.at < BRIDGE_LINGERS_MS;

/** Sets what the PBX lists against what is live here, and writes what follows from it. */
export const createReconciler = ({ writer, counters, imports }: ReconcilerOptions) => {
  const touchedSince = (askedAt: number) => (uniqueid: string) => (writer.known(uniqueid)?.heard ?? 0) > askedAt;

  /** Since the last Reconciled event. */
  let tally = { created: 0, changed: 0, removed: 0 };
  const count = (what: keyof typeof tally): void => {
    tally[what]++;
    counters.reconciled[what]++;
  };

  const revive = (entry: Known, { facts }: ListedChannel, time: number | undefined): void => {
    const data = { ...facts, name: facts.name ?? entry.uniqueid, origin: 'found' as const };
    writer.record(entry, [{ type: 'ChannelCreated', data }], 'reconcile', time);
    count('created');
  };

  const remove = (entry: Known, time: number | undefined): void => {
    writer.end(entry, 'reconciled', time);
    count('removed');
  };

  const correct = (changed: Reconciliation['changed'], time: number | undefined): number => {
    for (const { channel, events } of changed) {
      const entry = writer.known(channel.uniqueid);
      if (!entry) continue;
      writer.record(entry, events, 'reconcile', time);
      count('changed');
    }
    return changed.length;
  };

  const settle = (entry: Known, found: ListedChannel | undefined, time: number | undefined): LookOutcome => {
    if (!found) {
      if (entry.state.is !== 'live') return 'as-known';
      remove(entry, time);
      return 'removed';
    }
    if (entry.state.is !== 'live') {
      revive(entry, found, time);
      return 'revived';
    }
    const { changed } = reconcile(
      { authority: 'real', channels: [found], complete: false },
      { live: [], find: () => entry.state, touched: () => false, leftBridge: () => entry.leftBridge?.bridge },
    );
    return correct(changed, time) > 0 ? 'corrected' : 'as-known';
  };

  return {
    /** Takes over what a list adds and corrects, at once. What else differs waits for a second look. */
    list: async (list: ChannelList, { askedAt, at }: Asked, time?: number): Promise<Compared> => {
      counters.reconciled.lists++;
      await writer.learn(list.channels.map(({ uniqueid }) => uniqueid));
      const result = reconcile(list, {
        live: [...writer.live()].flatMap(({ state }) => (state.is === 'live' ? [state.channel] : [])),
        find: (uniqueid) => writer.known(uniqueid)?.state ?? { is: 'unseen' },
        touched: touchedSince(askedAt),
        leftBridge: (uniqueid) => {
          const left = writer.known(uniqueid)?.leftBridge;
          return left && (at === undefined || isSoonAfter(left, at)) ? left.bridge : undefined;
        },
      });
      if (imports(list)) {
        for (const item of result.created) {
          const entry = writer.known(item.uniqueid);
          if (entry) revive(entry, item, time);
        }
      }
      correct(result.changed, time);
      for (const { uniqueid } of list.channels) {
        const entry = writer.known(uniqueid);
        // If a list asked for later has it still, it is true; in a recording, if the next one has.
        if (!entry?.leftBridge || touchedSince(askedAt)(uniqueid)) continue;
        if (at === undefined || !isSoonAfter(entry.leftBridge, at)) entry.leftBridge = undefined;
      }
      const conflicts = await writer.flush();
      const doubts = [...result.missing, ...(imports(list) ? result.suspects : [])].map(({ uniqueid }) => uniqueid);
      for (const stream of conflicts) doubts.push(parseStream(stream)?.uniqueid ?? '');
      const { created, suspects, missing } = result;
      return { agreed: list.channels.length - created.length - suspects.length, created, suspects, missing, doubts };
    },

    /** The second look: what the PBX says of this one channel is believed. */
    looked: async (
      uniqueid: string,
      found: ListedChannel | undefined,
      { askedAt }: Asked,
      time?: number,
    ): Promise<LookOutcome> => {
      await writer.learn([uniqueid]);
      const entry = writer.known(uniqueid);
      if (!entry || touchedSince(askedAt)(uniqueid)) return 'again';
      const outcome = settle(entry, found, time);
      return (await writer.flush()).has(entry.stream) ? 'again' : outcome;
    },

    /** Every difference of a list of `listed` channels has been settled: whatever is still live here is true. */
    settled: async (listed: number, time?: number): Promise<void> => {
      const changed = tally.created + tally.changed + tally.removed > 0;
      if (!changed && writer.pbx?.staleBefore === undefined) return;
      await writer.recordPbx({ type: 'Reconciled', data: { listed, ...tally } }, 'reconcile', time);
      tally = { created: 0, changed: 0, removed: 0 };
    },
  };
};

export type Reconciler = ReturnType<typeof createReconciler>;
