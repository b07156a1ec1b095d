import type { Channel } from './channel.ts';
import type { RecordedEvent } from './events.ts';
import type { Position, Revision } from './place.ts';

/** A PBX as its stream tells it. */
export type Pbx = {
  name: string;
  /** Which run of the Asterisk process: 1 for the first ever seen, one more at each restart. 0: none seen yet. */
  boot: number;
  /** Opaque startup time of this boot, where one was told. */
  startup: string | undefined;
  connected: boolean;
  source: 'ami' | 'ari' | undefined;
  version: string | undefined;
  recording: boolean;
  /** Milliseconds since 1970 of the last connect or disconnect. */
  since: number;
  /**
   * Set when the connection is lost, to the position of that event: what was last heard before it is stale until it is
   * heard again or a reconciliation has settled everything.
   */
  staleBefore: Position | undefined;
  reconciledAt: number | undefined;
  revision: Revision;
  position: Position;
};

export const evolvePbx = (pbx: Pbx | undefined, event: RecordedEvent): Pbx => {
  const before: Pbx = pbx ?? {
    name: event.pbx,
    boot: 0,
    startup: undefined,
    connected: false,
    source: undefined,
    version: undefined,
    recording: false,
    since: event.time,
    staleBefore: undefined,
    reconciledAt: undefined,
    revision: event.revision,
    position: event.position,
  };
  const next = { ...before, revision: event.revision, position: event.position };
  switch (event.type) {
    case 'PbxConnected':
      next.since = before.connected ? before.since : event.time;
      next.connected = true;
      next.source = event.data.source;
      next.version = event.data.version ?? before.version;
      next.startup = event.data.startup ?? before.startup;
      next.recording = event.data.recording ?? false;
      return next;
    case 'PbxDisconnected':
      next.since = before.connected ? event.time : before.since;
      next.connected = false;
      next.staleBefore = event.position;
      return next;
    case 'PbxBooted':
      next.boot = event.data.boot;
      next.startup = event.data.startup;
      // Of a recording no list will come that ends the doubt, and a new boot leaves nothing that could be doubted.
      if (before.recording) next.staleBefore = undefined;
      return next;
    case 'Reconciled':
      next.reconciledAt = event.time;
      next.staleBefore = undefined;
      return next;
    case 'Unreadable':
      // The event that begins a boot belongs to it: which one it is, its envelope says.
      if (event.data.type !== 'PbxBooted') return next;
      next.boot = event.boot;
      next.startup = undefined;
      return next;
    default:
      return next;
  }
};

/** A stale channel may be over: it is shown as stale, and never counted as live. */
export const channelIsStale = (channel: Channel, pbx: Pbx | undefined): boolean =>
  pbx === undefined || !pbx.connected || (pbx.staleBefore !== undefined && channel.position < pbx.staleBefore);

/** Its connection is lost, or back and not yet compared: what is known of it may be over. */
export const isDoubtful = ({ connected, staleBefore }: Pbx): boolean => !connected || staleBefore !== undefined;

/** The connection has been lost for longer than `staleAfter` milliseconds: what is known of its channels has left the default lists. */
export const isLongGone = ({ connected, since }: Pbx, now: number, staleAfter: number): boolean =>
  !connected && now - since > staleAfter;

/**
 * How a channel stands in a list: `live` is counted; `stale` is shown and not counted; `hidden` has been stale for longer
 * than `staleAfter` milliseconds and has left the default lists.
 */
export const presence = (
  channel: Channel,
  pbx: Pbx | undefined,
  now: number,
  staleAfter: number,
): 'live' | 'stale' | 'hidden' => {
  if (!channelIsStale(channel, pbx)) return 'live';
  return pbx !== undefined && isLongGone(pbx, now, staleAfter) ? 'hidden' : 'stale';
};
