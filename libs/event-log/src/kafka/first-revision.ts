import type { ExpectedRevision } from '../event-log.ts';

/** Revision of the first event of an append. */
export const firstRevision = (expected: ExpectedRevision): number => (expected === 'none' ? 0 : expected + 1);
