import { Metadata, type ServiceError, status } from '@grpc/grpc-js';

/** The server's refusals, as the wire carries them: a status, and in the trailers what it is about. */
const refusal = (code: status, details: string, trailers: Record<string, string> = {}): ServiceError => {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata, name: 'ServiceError' });
};

export const streamDeleted = (stream: string): ServiceError =>
  refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const wrongExpectedVersion = (stream: string, expected: number, actual: number): ServiceError =>
  refusal(status.FAILED_PRECONDITION, `Wrong expected version of ${stream}`, {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': String(expected),
    'actual-version': String(actual),
  });

export const notLeader = (leader: { host: string; port: number } | undefined): ServiceError =>
  leader
    ? refusal(status.NOT_FOUND, 'Leader info available', {
        exception: 'not-leader',
        'leader-endpoint-host': leader.host,
        'leader-endpoint-port': String(leader.port),
      })
    : refusal(status.UNKNOWN, 'No leader info available in response');

export const notReady = (): ServiceError => refusal(status.UNAVAILABLE, 'Server Is Not Ready');
export const tooBusy = (): ServiceError => refusal(status.UNAVAILABLE, 'Server Is Too Busy');
export const timedOut = (): ServiceError => refusal(status.ABORTED, 'Operation timed out: Commit phase timeout.');
export const shutDown = (): ServiceError => refusal(status.CANCELLED, 'Call canceled by the server');
export const invalidPosition = (): ServiceError =>
  refusal(status.INVALID_ARGUMENT, 'Trying to read from an invalid position.');
export const invalidArgument = (what: string): ServiceError => refusal(status.INVALID_ARGUMENT, what);
export const accessDenied = (): ServiceError =>
  refusal(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
export const unauthenticated = (): ServiceError => refusal(status.UNAUTHENTICATED, 'Received HTTP status code 401');
export const appendTooLarge = (limit: number): ServiceError =>
  refusal(status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });
