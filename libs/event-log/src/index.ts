export { type DataDirLock, lockDataDir } from './embedded/data-dir-lock.ts';
export { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from './embedded/embedded-log.ts';
export type { Appended, EventLog, ExpectedRevision, StreamHead } from './event-log.ts';
export { WrongExpectedRevision } from './wrong-expected-revision.ts';
