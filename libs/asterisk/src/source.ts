import type { ChannelList, ListedChannel, Observation } from '@rollcall/channel';
import type { RollcallError } from '@rollcall/errors';
import type { Finding } from './finding.ts';

/** How one PBX is reached. Connecting again is the caller's business: a source makes one connection at a time. */
export type AsteriskSource = {
  source: 'ami' | 'ari';
  /** For people and logs: scheme, host and port; never a user's secret. */
  address: string;
  /**
   * Connects, logs in, checks what the user may see, and learns the PBX's startup time. From then on every observation goes
   * to `observe`, in the order in which the PBX sent it, in batches, synchronously as they arrive: the reader never waits.
   * @throws RollcallError with a code of its own for each thing that can be wrong: see errors.ts
   */
  connect(options: { observe: (batch: Observation[]) => void; signal: AbortSignal }): Promise<AsteriskConnection>;
};

export type AsteriskConnection = {
  /** Asterisk's own (`22.10.1`); where AMI does not tell it, that of AMI (`11.0.0`). */
  version: string | undefined;
  /** Opaque startup time of the PBX's process, prefixed with the source: `ami:2026-11-22 15:31:44`. */
  startup: string;
  /** What this connection cannot see or do, for the operator; empty when all is well. */
  warnings: string[];
  /**
   * Asks for the list of all channels. It comes through `observe`, as an observation in its place among the events
   * (AMI: Status; ARI: GET /channels). Resolves when it has been delivered.
   * @throws RollcallError PBX_NO_ANSWER, PBX_CONNECTION_LOST
   */
  list(): Promise<void>;
  /**
   * AMI: what Asterisk's cache lists (CoreShowChannels), its own ghosts included; it is not observed. Absent where `list` comes from
   * such a cache itself, as in ARI. Errors as for list, and PBX_PERMISSION_MISSING.
   */
  cached?(): Promise<ChannelList>;
  /** A second look at one channel: as the PBX has it, or undefined when the PBX says that there is none. Errors as for list. */
  look(uniqueid: string): Promise<ListedChannel | undefined>;
  /**
   * Looks into what bears on following this PBX: clocks, permissions, timeouts, filters; something that cannot be told is said to be
   * so. It changes nothing there. Errors as for list.
   */
  examine(): Promise<Finding[]>;
  /** Ends the connection, politely where it can. */
  close(): void;
  /** Resolves when the connection has ended, with the reason; never rejects. */
  closed: Promise<RollcallError>;
};
