export { createIngestCounters, type IngestCounters } from './counters.ts';
export { createRecording } from './recording.ts';
export { type PbxStatus, runSession, type Session, type SessionOptions } from './session.ts';
export { type SkipOptions, skipRefused } from './skip.ts';
export { createWriter, type Writer } from './writer.ts';
