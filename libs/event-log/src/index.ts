export type { Appended, EventLog, ExpectedRevision, StreamHead } from './event-log.ts';
export { WrongExpectedRevision } from './wrong-expected-revision.ts';
