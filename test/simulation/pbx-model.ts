import type { ChannelFacts, ChannelObservation, ListedChannel } from '@rollcall/channel';
import type { VirtualWorld } from './world.ts';

/** A channel as it really is. */
export type RealChannel = {
  uniqueid: string;
  /** What every event carries. */
  facts: ChannelFacts & { name: string };
  application: string;
  applicationData: string;
  bridge: string;
  /** The bridge that a list shows: Asterisk says BridgeLeave a moment before it forgets the bridge. */
  listedBridge: string;
  /** That it left last. */
  lastBridge: string;
  created: number;
  born: number;
  /** Something changed that no event may ever tell. */
  silent: boolean;
  /** When the last event about it was published. */
  loud: number;
};

/** One run of the Asterisk process, or none. */
export type PbxModel = {
  readonly source: 'ami' | 'ari';
  readonly boot: { number: number; startup: string; since: number } | undefined;
  readonly channels: ReadonlyMap<string, RealChannel>;
  /** When the last channel of that uniqueid ceased to exist; undefined: never. */
  ended(uniqueid: string): number | undefined;
  /** Starts the process: with its own second, or in that of the boot before (`again`). */
  start(how: { sameSecond: boolean; sameIds: boolean }): void;
  /** Everything is gone at once, and nothing is said. */
  kill(): void;
  create(how: { assignedId?: string; name: string; like?: RealChannel | undefined }): RealChannel | undefined;
  /** Reports `channel`: what kind of report, and what it says besides the channel's attributes. */
  say(channel: RealChannel, said: Said): void;
  /** Takes the channel out of the PBX; `publish` says what follows is reported of it, in that order. */
  end(channel: RealChannel): void;
  listed(channel: RealChannel): ListedChannel;
  /** AMI: Asterisk's cache by name keeps the channel as it is now, until `forget`, whatever becomes of it. */
  keep(channel: RealChannel): Cached;
  forget(entry: Cached): void;
  /** What that cache has besides the channels. */
  readonly kept: ReadonlySet<Cached>;
};

export type Cached = { listed: ListedChannel; since: number };

type Common = 'uniqueid' | 'facts' | 'source' | 'time' | 'proves';
type Bare<O> = O extends ChannelObservation ? Omit<O, Common> : never;
export type Said = Bare<ChannelObservation> & { proves?: boolean; application?: boolean };

export type PbxModelOptions = {
  source: 'ami' | 'ari';
  world: VirtualWorld;
  /** Returns the time at which it was published. */
  publish: (observation: ChannelObservation) => number;
  /** The PBX's clock in milliseconds since 1970. */
  clock: () => number;
  timestamps: boolean;
};

export const createPbxModel = ({ source, world, publish, clock, timestamps }: PbxModelOptions): PbxModel => {
  const channels = new Map<string, RealChannel>();
  const ended = new Map<string, number>();
  const kept = new Set<Cached>();
  let boot: PbxModel['boot'];
  let boots = 0;
  let epoch = 0;
  let counter = 0;
  let startup = '';

  const end = (channel: RealChannel): void => {
    if (channels.get(channel.uniqueid) !== channel) return;
    channels.delete(channel.uniqueid);
    ended.set(channel.uniqueid, world.now());
  };

  const listed = (channel: RealChannel): ListedChannel => {
    const { linkedid, ...rest } = channel.facts;
    const { uniqueid, application, applicationData } = channel;
    const facts = { ...rest, application, applicationData };
    if (source === 'ari') return { uniqueid, facts: { ...facts, created: channel.created } };
    const seconds = Math.floor((clock() - channel.created) / 1000);
    const created = clock() - seconds * 1000;
    return { uniqueid, facts: { ...facts, created, linkedid: linkedid ?? uniqueid, bridge: channel.listedBridge } };
  };

  return {
    source,
    get boot() {
      return boot;
    },
    channels,
    ended: (uniqueid) => ended.get(uniqueid),
    start: ({ sameSecond, sameIds }) => {
      boots++;
      if (!sameSecond || startup === '') startup = `${source}:started-${boots}`;
      if (!sameIds || epoch === 0) epoch = Math.floor(clock() / 1000);
      counter = 0;
      boot = { number: boots, startup, since: world.now() };
    },
    kill: () => {
      for (const channel of [...channels.values()]) end(channel);
      kept.clear();
      boot = undefined;
    },
    create: ({ assignedId, name, like }) => {
      const uniqueid = assignedId ?? `${epoch}.${counter++}`;
      if (channels.has(uniqueid)) return undefined;
      const facts = {
        name,
        linkedid: like?.facts.linkedid ?? uniqueid,
        state: 0,
        callerNumber: null,
        callerName: null,
        connectedNumber: null,
        connectedName: null,
        language: 'en',
        accountCode: '',
        context: 'default',
        exten: 's',
        priority: 1,
      };
      const channel: RealChannel = {
        uniqueid,
        facts,
        application: '',
        applicationData: '',
        bridge: '',
        listedBridge: '',
        lastBridge: '',
        created: clock(),
        born: world.now(),
        silent: false,
        loud: world.now(),
      };
      channels.set(uniqueid, channel);
      return channel;
    },
    say: (channel, { proves = false, application = false, ...said }) => {
      const withApplication = application || source === 'ari';
      const { linkedid, ...rest } = channel.facts;
      channel.loud = publish({
        ...said,
        uniqueid: channel.uniqueid,
        source,
        facts: {
          ...rest,
          ...(source === 'ami' && linkedid !== undefined && { linkedid }),
          ...(withApplication && { application: channel.application, applicationData: channel.applicationData }),
          ...(source === 'ari' && { created: channel.created }),
        },
        ...(timestamps && { time: clock() }),
        proves,
      });
    },
    end,
    listed,
    keep: (channel) => {
      const entry = { listed: listed(channel), since: world.now() };
      kept.add(entry);
      return entry;
    },
    forget: (entry) => kept.delete(entry),
    kept,
  };
};
