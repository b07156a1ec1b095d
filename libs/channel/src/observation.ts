import type { ChannelFacts } from './channel.ts';

/**
 * One thing that a PBX said, reduced to what it means for the channel list; the same for AMI and ARI.
 * `time` is the PBX's own (milliseconds since 1970), absent where it gives none.
 */
export type Observation = ChannelObservation | PbxObservation;

type OfChannel = {
  uniqueid: string;
  facts: ChannelFacts;
  source: 'ami' | 'ari';
  time?: number;
  /**
   * True when only an existing channel can say this (AMI Newstate, Newexten, BridgeEnter; ARI ChannelStateChange,
   * ChannelEnteredBridge). NewCallerid, NewAccountCode, NewConnectedLine and ARI ChannelDialplan may follow a destroy
   * (Asterisk 16 to 23) and prove nothing.
   */
  proves: boolean;
};

export type ChannelObservation =
  | (OfChannel & { kind: 'created' })
  /** Any report that carries the channel's attributes, a silent rename included. */
  | (OfChannel & { kind: 'changed' })
  | (OfChannel & { kind: 'bridge-entered'; bridge: string })
  | (OfChannel & { kind: 'bridge-left'; bridge: string })
  | (OfChannel & { kind: 'held'; musicClass?: string })
  | (OfChannel & { kind: 'unheld' })
  | (OfChannel & { kind: 'variable'; variable: string; value: string })
  | (OfChannel & { kind: 'hangup-requested'; cause?: number })
  | (OfChannel & { kind: 'destroyed'; cause?: number; causeText?: string; techCause?: string });

export type ListedChannel = { uniqueid: string; facts: ChannelFacts };

/**
 * A whole list as the PBX answered it. `real`: AMI Status, which walks the real channels and is the authority for
 * existence. `cache`: AMI CoreShowChannels or ARI /channels, answered from Asterisk's snapshot cache, ghosts included.
 */
export type ChannelList = {
  authority: 'real' | 'cache';
  channels: ListedChannel[];
  /** The count that the PBX put at the end matches the items received. Only a complete list can remove anything. */
  complete: boolean;
};

export type PbxObservation =
  /** A new connection begins in the feed (AMI banner); in a recording it also means that the one before was lost. */
  | { kind: 'connection'; source: 'ami' | 'ari'; version?: string; time?: number }
  /** AMI CoreStatus (`CoreStartupDate CoreStartupTime`, local to the PBX) or ARI startup_time: opaque, stable for one boot. */
  | { kind: 'startup'; startup: string; time?: number }
  /** AMI FullyBooted: seconds since the boot began. `time` is when it was said, where the feed tells. */
  | { kind: 'uptime'; seconds: number; time?: number }
  | { kind: 'list'; list: ChannelList; source: 'ami' | 'ari'; time?: number };
