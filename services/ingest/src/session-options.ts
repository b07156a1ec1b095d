import type { AriAsker, AsteriskSource } from '@rollcall/asterisk';
import type { Channel, PbxAudit } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type { IngestCounters } from './counters.ts';
import type { IngestLog } from './ingest-log.ts';
import type { Unplaced } from './spool/spooled.ts';

export type PbxStatus = {
  /**
   * - `connecting`: for the first time
   * - `syncing`: connected; what was live before is being compared with the PBX's list
   * - `live`: the list is the PBX's
   * - `stale`: the connection was lost; it is made again by itself
   * - `failed`: no connection; `reason` says what is wrong. Tried again too, since people mend things
   */
  state: 'connecting' | 'syncing' | 'live' | 'stale' | 'failed';
  reason: string | undefined;
  warnings: string[];
};

export type SessionOptions = {
  pbx: string;
  source: AsteriskSource;
  /** ARI of the same PBX, where its source is AMI: audits set its list beside as well. */
  beside?: AriAsker | undefined;
  log: IngestLog;
  /** Where the log has a spool before it: tells that the log lacks what was written to some streams. */
  unplaced?: Unplaced | undefined;
  /** What the log says is live, of all PBXs: asked for at the start and for each audit. */
  listed: () => Iterable<Channel>;
  /** Streams that the list has set aside, at an event that it cannot take: their channels may be in no list and still have to end. */
  setAside?: () => Iterable<string>;
  counters: IngestCounters;
  world: World;
  signal: AbortSignal;
  /** Milliseconds between lists on a healthy connection. */
  reconcileEvery: number;
  /** Milliseconds before a second look: an event on its way may settle it. */
  grace: number;
  /** Reports that may wait to be written; beyond it the connection is given up, and the list compared afterwards. */
  queueLimit: number;
  status: (status: PbxStatus) => void;
  /** Milliseconds between audits; none unless given. */
  auditEvery?: number | undefined;
  /** Hears of every audit, asked for or by the clock. */
  audited?: (audit: PbxAudit) => void;
};
