import {
  type Boot,
  type Channel,
  channelStream,
  evolve,
  isTerminal,
  namedType,
  parseStream,
  type RecordedEvent,
  revision,
  type StreamState,
  takeable,
} from '@rollcall/channel';
import type { IngestLog } from './ingest-log.ts';

/** What a writer knows of one channel's stream. */
export type Known = {
  uniqueid: string;
  boot: Boot;
  stream: string;
  /** Revision of the last event, -1 when the stream does not exist. */
  head: number;
  state: StreamState;
  /** The writer's count of observations when this channel was last heard of believably: says if a list is older. */
  heard: number;
  /** The bridge that it was last seen to leave, and when that was written, in monotonic milliseconds. */
  leftBridge: { bridge: string; at: number } | undefined;
};

export type KnownStreamsOptions = {
  pbx: string;
  log: IngestLog;
  /** The boot whose streams are looked up. */
  boot: () => Boot;
};

/** Channels that are over are remembered too, so that late reports cost no look into the log; the oldest are forgotten. */
const OVER_LIMIT = 50_000;

export const createKnownStreams = ({ pbx, log, boot }: KnownStreamsOptions) => {
  const live = new Map<string, Known>();
  const over = new Map<string, Known>();

  const get = (uniqueid: string): Known | undefined => live.get(uniqueid) ?? over.get(uniqueid);

  /** Files `known` by what its state is now. */
  const set = (known: Known): void => {
    live.delete(known.uniqueid);
    over.delete(known.uniqueid);
    (known.state.is === 'live' ? live : over).set(known.uniqueid, known);
    if (over.size > OVER_LIMIT) {
      const [oldest] = over.keys();
      if (oldest !== undefined) over.delete(oldest);
    }
  };

  /** Reads what the log has of a stream beyond what is known here. */
  const catchUp = async (entry: Known): Promise<void> => {
    for await (const batch of log.readStream(entry.stream, revision(entry.head + 1))) {
      for (const event of batch) {
        entry.head = event.revision;
        entry.state = stateAfter(entry.state, event);
      }
    }
  };

  /** Looks up in the log, once, what is not in memory. */
  const learn = async (uniqueids: Iterable<string>): Promise<void> => {
    const unmet = new Map<string, string>();
    for (const uniqueid of uniqueids) {
      if (!get(uniqueid)) unmet.set(channelStream(pbx, boot(), uniqueid), uniqueid);
    }
    if (unmet.size === 0) return;
    const heads = await log.heads([...unmet.keys()]);
    for (const [stream, uniqueid] of unmet) {
      const entry = unseen(stream, boot(), uniqueid);
      if (heads.has(stream)) await catchUp(entry);
      set(entry);
    }
  };

  /** What the log has of that stream; undefined where it is none of a channel of this PBX. */
  const fromLog = async (stream: string): Promise<Known | undefined> => {
    const { pbx: of, boot: at, uniqueid } = parseStream(stream) ?? {};
    if (of !== pbx || at === undefined || uniqueid === undefined) return undefined;
    const entry = unseen(stream, at, uniqueid);
    await catchUp(entry);
    return entry;
  };

  /** Reads what another writer appended: to what is live here, and to what is `listed` as live. */
  const refresh = async (listed: readonly Channel[]): Promise<void> => {
    const uniqueids = listed.flatMap((one) => (one.pbx === pbx && one.boot === boot() ? [one.uniqueid] : []));
    await learn(uniqueids);
    const entries = new Set([...live.values(), ...uniqueids.flatMap((uniqueid) => get(uniqueid) ?? [])]);
    const heads = await log.heads([...entries].map(({ stream }) => stream));
    for (const entry of entries) {
      if ((heads.get(entry.stream)?.revision ?? -1) <= entry.head) continue;
      await catchUp(entry);
      set(entry);
    }
  };

  return {
    get,
    set,
    catchUp,
    fromLog,
    learn,
    refresh,
    forget: (uniqueid: string): void => {
      live.delete(uniqueid);
      over.delete(uniqueid);
    },
    clear: (): void => {
      live.clear();
      over.clear();
    },
    live: (): Iterable<Known> => live.values(),
  };
};

export type KnownStreams = ReturnType<typeof createKnownStreams>;

/** The state of a stream after one event more; of an event that no handler can take, only the name counts. */
export const stateAfter = (state: StreamState, event: RecordedEvent): StreamState => {
  const taken = takeable(event);
  if (taken.type === 'ChannelDestroyed') return { is: 'closed', reason: taken.data.reason, claimed: false };
  if (isTerminal(namedType(taken))) return { is: 'closed', reason: 'hangup', claimed: false };
  const channel = evolve(state.is === 'live' ? state.channel : undefined, taken);
  return channel ? { is: 'live', channel } : state;
};

const unseen = (stream: string, boot: Boot, uniqueid: string): Known => ({
  ...{ stream, boot, uniqueid },
  head: -1,
  state: { is: 'unseen' },
  heard: 0,
  leftBridge: undefined,
});

/** A channel that the log says is live. */
export const knownFrom = (channel: Channel): Known => ({
  uniqueid: channel.uniqueid,
  boot: channel.boot,
  stream: channelStream(channel.pbx, channel.boot, channel.uniqueid),
  head: channel.revision,
  state: { is: 'live', channel },
  heard: 0,
  leftBridge: undefined,
});
