import { isRollcallError } from '@rollcall/errors';
import { WrongExpectedRevision } from '@rollcall/event-log';

/**
 * What a failed append means.
 * - `conflict`: another writer was first
 * - `too-large`: in parts it may well succeed
 * - `refused`: as it is it can never succeed; others may
 * - `closed`: the log was closed here
 * - `away`: the log cannot be written now, for whatever reason; it may have been written all the same. The same append may succeed later
 */
export type AppendFailure = 'conflict' | 'too-large' | 'refused' | 'closed' | 'away';

const TOO_LARGE = new Set(['LOG_APPEND_TOO_LARGE', 'APPEND_TOO_LARGE']);

const REFUSED = new Set([
  'LOG_STREAM_DELETED',
  'LOG_REFUSED',
  'LOG_SCHEMA_UNKNOWN',
  'EVENT_INVALID',
  'EVENT_OF_OTHER_PBX',
  'APPEND_EMPTY',
]);

export const appendFailure = (error: unknown): AppendFailure => {
  if (error instanceof WrongExpectedRevision) return 'conflict';
  if (!isRollcallError(error)) return 'away';
  if (error.code === 'LOG_CLOSED') return 'closed';
  if (TOO_LARGE.has(error.code)) return 'too-large';
  return REFUSED.has(error.code) ? 'refused' : 'away';
};
