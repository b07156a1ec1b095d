import { convertToCommandError, isCommandError } from '@eventstore/db-client';
import { isRollcallError, RollcallError } from '@rollcall/errors';

export const logClosed = (where: string): RollcallError =>
  new RollcallError('LOG_CLOSED', `The event log ${where} is closed.`, 'Open it again.');

export const logReadOnly = (where: string): RollcallError =>
  new RollcallError('LOG_READ_ONLY', `The event log ${where} was opened for reading only.`, 'Open it for writing.');

export const logMissing = (where: string, prefix: string): RollcallError =>
  new RollcallError(
    'LOG_MISSING',
    `There is no event log with the prefix ${JSON.stringify(prefix)} at ${where}.`,
    'Check address and prefix in the settings, or start Rollcall on it, which makes one.',
  );

/** The server is away, not ready, or too slow. What was asked may have been done all the same; ask again, as it was. */
export const logUnavailable = (where: string, why: string, cause?: unknown): RollcallError =>
  new RollcallError(
    'LOG_UNAVAILABLE',
    `The event log ${where} cannot be reached: ${why}.`,
    'Check the server, the address and the network; trying again exactly as before is always safe.',
    { cause },
  );

/** Node 26 takes no address for the name that TLS asks for, and the client has no other to give. */
const addressOverTls = (where: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_ADDRESS_INVALID',
    `A node of the event log ${where} is named by its address, which TLS does not take.`,
    'Use DNS names in the connection string, and in a cluster also in what its nodes advertise (NodeHostAdvertiseAs).',
    { cause },
  );

const notLeader = (where: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_NOT_LEADER',
    `The event log ${where} has no leader that can be reached.`,
    'Wait for the cluster to elect one, and name all its nodes in the connection string.',
    { cause },
  );

const accessDenied = (where: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_ACCESS_DENIED',
    `The event log ${where} refused the user, or what the user asked for.`,
    'Check user and password in the connection string, and that the user may read $all and write streams and their metadata.',
    { cause },
  );

const streamDeleted = (where: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_STREAM_DELETED',
    `A stream of the event log ${where} was deleted for good (tombstoned): ${textOf(cause)}.`,
    'Nothing can be appended to it again. Leave deleting to the retention of Rollcall.',
    { cause },
  );

const tooLarge = (where: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_APPEND_TOO_LARGE',
    `The event log ${where} takes no append so large: ${textOf(cause)}.`,
    'Raise MaxAppendSize in the settings of the server.',
    { cause },
  );

const refused = (where: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_REFUSED',
    `The event log ${where} refused: ${textOf(cause)}.`,
    'This is a mistake in Rollcall, or a server that is too old: EventStoreDB from 23.10 on, or KurrentDB.',
    { cause },
  );

const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'details' in error && typeof error.details === 'string' ? error.details : error.message;
};

/** gRPC status codes after which asking again can only give the same. */
const FINAL_CODES = new Set([3, 5, 6, 8, 9, 11, 12, 15]);

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** What the client says, in the words of the log. Anything else, such as a mistake in this code, comes back as it is. */
export const logError = (where: string, error: unknown): unknown => {
  if (isRollcallError(error) || !(error instanceof Error)) return error;
  if (/^Failed to discover/.test(error.message)) return logUnavailable(where, 'no node of the cluster answers', error);
  const command = convertToCommandError(error);
  if (!isCommandError(command)) return error;
  if (/maximum.append/i.test(textOf(error))) return tooLarge(where, error);
  if (/ServerName to an IP address/.test(textOf(error))) return addressOverTls(where, error);
  switch (command.type) {
    case 'not-leader':
      return notLeader(where, error);
    case 'access-denied':
      return accessDenied(where, error);
    case 'stream-deleted':
      return streamDeleted(where, error);
    default:
      if (codeOf(error) === 7) return accessDenied(where, error);
      if (/no leader info/i.test(textOf(error))) return notLeader(where, error);
      if (FINAL_CODES.has(Number(codeOf(error)))) return refused(where, error);
      return logUnavailable(where, textOf(error), error);
  }
};

/** Whether the same request, as it was, may succeed later. */
export const isRetriable = (error: unknown): boolean =>
  isRollcallError(error, 'LOG_UNAVAILABLE') || isRollcallError(error, 'LOG_NOT_LEADER');
