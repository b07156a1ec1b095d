export { type DataDirLock, lockDataDir } from './embedded/data-dir-lock.ts';
export { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from './embedded/embedded-log.ts';
export { exportLines } from './embedded/export-lines.ts';
export type { Finding as LogFinding } from './embedded/finding.ts';
export { restoreLog } from './embedded/restore-log.ts';
export { defaultRetention, type RetentionPolicy } from './embedded/retention.ts';
export type { LogStats } from './embedded/stats.ts';
export type { Appended, EventLog, ExpectedRevision, StreamHead } from './event-log.ts';
export { WrongExpectedRevision } from './wrong-expected-revision.ts';
