import { RollcallError } from '@rollcall/errors';
import type { FastifyReply } from 'fastify';
import { JobInTheWay } from './jobs.ts';

/** By code, what whoever asks can mend. Anything else is ours: the log cannot be read. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['QUERY_WRONG', 400],
  ['AT_UNCLEAR', 400],
  ['AT_BEYOND_LOG', 400],
  ['AT_COMPACTED', 400],
  ['BODY_WRONG', 400],
  ['CURSOR_WRONG', 400],
  ['FEED_POSITION_WRONG', 400],
  ['FEED_BEYOND_LOG', 400],
  ['FEED_NOT_FROM_HERE', 400],
  ['NOT_LOGGED_IN', 401],
  ['ROLE_MISSING', 403],
  ['OPERATION_UNKNOWN', 404],
  ['JOB_UNKNOWN', 404],
  ['CHANNEL_UNKNOWN', 404],
  ['PBX_UNKNOWN', 404],
  ['JOB_IN_THE_WAY', 409],
  ['FEED_COMPACTED', 410],
  ['UPGRADE_REQUIRED', 426],
  ['TOO_MANY_ATTEMPTS', 429],
  ['TOO_MANY_REQUESTS', 429],
  ['TIMELINE_TOO_LONG', 422],
  ['LOG_NOT_HERE', 501],
  ['AT_NOT_HERE', 501],
  ['WAIT_TIMED_OUT', 504],
]);

/** The status of an error by its code; what is not named there is ours to mend. */
export const statusFor = (code: string): number => STATUS.get(code) ?? 503;

/** An error as an answer; a defect tells nothing of the inside. */
export const refusal = (reply: FastifyReply, error: unknown): FastifyReply => {
  if (!(error instanceof RollcallError)) {
    const status = statusOf(error);
    return reply.status(status).send({ message: status < 500 ? (error as Error).message : 'Internal error' });
  }
  const { code, message, advice } = error;
  const status = statusFor(code);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.status(status).send({ code, message, advice, ...(error instanceof JobInTheWay && { job: error.job }) });
};

/** What the HTTP server itself found wrong with a request says so in its status. */
export const statusOf = (error: unknown): number =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
