export {
  type AsteriskGhost,
  type CacheAnswer,
  type Difference,
  ghostKey,
  isGhost,
  overSince,
  type PbxAudit,
  stillListed,
  type Unreal,
  unrealEntries,
} from './audit.ts';
export { type Boot, type BootSign, bootChange, counterOf, type UniqueidCounter } from './boot.ts';
export { changes } from './changes.ts';
export {
  type Channel,
  type ChannelFacts,
  type ChannelFields,
  STATE_TEXTS,
  shapeChannel,
  stateNumber,
  stateText,
} from './channel.ts';
export { type Decision, decide, type Outcome, type StreamState } from './decide.ts';
export {
  type ChannelEvent,
  type DomainEvent,
  domainEventSchema,
  isTerminal,
  type NewEvent,
  namedType,
  type PbxEvent,
  type RecordedEvent,
  SCHEMA_VERSION,
  type Source,
  type Unreadable,
} from './events.ts';
export { evolve } from './evolve.ts';
export type { ChannelList, ChannelObservation, ListedChannel, Observation, PbxObservation } from './observation.ts';
export { channelIsStale, evolvePbx, isDoubtful, isLongGone, type Pbx, presence } from './pbx.ts';
export { type Position, position, type Revision, revision, START } from './place.ts';
export type { Quarantined } from './quarantine.ts';
export { readEvent, refusal, takeable, UPCASTERS, unreadable, type WrittenEvent } from './readable.ts';
export { type Reconciliation, reconcile } from './reconcile.ts';
export {
  type ChannelSnapshot,
  channelSnapshotSchema,
  type PbxSnapshot,
  pbxSnapshotSchema,
  toChannel,
  toPbx,
} from './snapshot.ts';
export { channelStream, parseStream, pbxStream } from './stream.ts';
