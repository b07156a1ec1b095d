export { createIngestCounters, type IngestCounters } from './counters.ts';
export type { IngestLog } from './ingest-log.ts';
export { createRecording } from './recording.ts';
export { type PbxStatus, runSession, type Session, type SessionOptions } from './session.ts';
export { type SkipOptions, skipRefused } from './skip.ts';
export type { SpoolBounds } from './spool/bounds.ts';
export { openSpooledLog, type RemoteLog, type SpooledLog, type SpooledLogOptions } from './spool/open-spooled-log.ts';
export type { Say, SpoolState, Unplaced } from './spool/spooled.ts';
export { createWriter, type Writer } from './writer.ts';
