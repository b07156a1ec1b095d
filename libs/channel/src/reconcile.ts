import { changes } from './changes.ts';
import type { Channel } from './channel.ts';
import type { ChannelEvent } from './events.ts';
import type { ChannelList, ListedChannel } from './observation.ts';

export type Reconciliation = {
  /** Listed, never seen: they exist, since the list is `real`, or (ARI) since nothing contradicts it. */
  created: ListedChannel[];
  /** Listed, and over as far as is known here: to be confirmed with a second look before they count. */
  suspects: ListedChannel[];
  changed: { channel: Channel; events: ChannelEvent[] }[];
  /** Live here, lacking in a complete list: removed only when a second look agrees. */
  missing: Channel[];
};

export type ReconcileContext = {
  live: Iterable<Channel>;
  find: (uniqueid: string) => { is: 'unseen' } | { is: 'closed' } | { is: 'live'; channel: Channel };
  /** True when an event of this channel came in since the list was asked for: the event wins over the list. */
  touched: (uniqueid: string) => boolean;
  /** The bridge that the channel was seen to leave last. Asterisk lists it a moment longer (16 to 23). */
  leftBridge: (uniqueid: string) => string | undefined;
};

/** What a list of the PBX means for ours. Pure. Promise 8: an incomplete list removes nothing. */
export const reconcile = (list: ChannelList, context: ReconcileContext): Reconciliation => {
  const result: Reconciliation = { created: [], suspects: [], changed: [], missing: [] };
  const listed = new Set<string>();
  for (const item of list.channels) {
    listed.add(item.uniqueid);
    const state = context.find(item.uniqueid);
    const touched = context.touched(item.uniqueid);
    if (state.is === 'closed' || (state.is === 'unseen' && touched)) result.suspects.push(item);
    else if (state.is === 'unseen') result.created.push(item);
    else if (!touched) {
      const events = listChanges(state.channel, item, context.leftBridge(item.uniqueid));
      if (events.length) result.changed.push({ channel: state.channel, events });
    }
  }
  if (!list.complete) return result;
  for (const channel of context.live) {
    if (!listed.has(channel.uniqueid) && !context.touched(channel.uniqueid)) result.missing.push(channel);
  }
  return result;
};

const listChanges = (channel: Channel, { facts }: ListedChannel, leftBridge: string | undefined): ChannelEvent[] => {
  // Duration has whole seconds only: a creation time that is known already is the better one.
  const events = changes(channel, { ...facts, created: channel.created ?? facts.created });
  const bridge = facts.bridge;
  if (bridge !== undefined && bridge !== (channel.bridge ?? '') && bridge !== leftBridge) {
    events.push(
      bridge === ''
        ? { type: 'BridgeLeft', data: { bridge: channel.bridge ?? '' } }
        : { type: 'BridgeEntered', data: { bridge } },
    );
  }
  return events;
};
