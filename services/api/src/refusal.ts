import { RollcallError } from '@rollcall/errors';
import type { FastifyReply } from 'fastify';
import { JobInTheWay } from './jobs.ts';

/** By code, what whoever asks can mend. Anything else is ours: the log cannot be read. */
export const STATUS: ReadonlyMap<string, number> = new Map([
  ['URL_UNREADABLE', 400],
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
  ['ORIGIN_FOREIGN', 403],
  ['RESOURCE_UNKNOWN', 404],
  ['OPERATION_UNKNOWN', 404],
  ['JOB_UNKNOWN', 404],
  ['CHANNEL_UNKNOWN', 404],
  ['PBX_UNKNOWN', 404],
  ['METHOD_UNKNOWN', 405],
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

/** What is wrong, as RFC 9457 has it, with our code and advice beside it. A defect tells nothing of the inside. */
export const refusal = (reply: FastifyReply, error: unknown): FastifyReply => {
  const said = describe(error);
  if (said.status === 401) reply.header('www-authenticate', isForPeople(reply) ? [BASIC, 'Bearer'] : 'Bearer');
  return reply
    .status(said.status)
    .type('application/problem+json; charset=utf-8')
    .send({ type: `urn:rollcall:${said.code}`, title: said.code, detail: said.message, ...said });
};

const BASIC = 'Basic realm="Rollcall", charset="UTF-8"';

/** A browser that opens a page: it asks its user for a password when it is told so. */
const isForPeople = ({ request }: FastifyReply): boolean => request.headers.accept?.includes('text/html') ?? false;

/** What the HTTP server itself found wrong with a request says so in its status. */
export const statusOf = (error: unknown): number =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;

export const resourceUnknown = () =>
  new RollcallError('RESOURCE_UNKNOWN', 'Resource not found', '/v1/openapi.json has what there is.');

export const urlUnreadable = () =>
  new RollcallError(
    'URL_UNREADABLE',
    'The url cannot be read',
    'Percent signs are followed by two hex digits of UTF-8.',
  );

const describe = (error: unknown) => {
  if (error instanceof RollcallError) {
    const { code, message, advice } = error;
    const status = STATUS.get(code) ?? 503;
    return { status, code, message, advice, ...(error instanceof JobInTheWay && { job: error.job }) };
  }
  const status = statusOf(error);
  if (status >= 500) return { status, ...INTERNAL };
  return BODY.has(status) ? { status, ...BODY_WRONG } : { status, ...REQUEST_WRONG };
};

/** What is found wrong with a request before it is ours to look at is wrong with its body. */
const BODY: ReadonlySet<number> = new Set([400, 413, 415]);
const BODY_WRONG = {
  code: 'BODY_WRONG',
  message: 'The body is not JSON, or too long.',
  advice: 'Send at most 64 KB with "Content-Type: application/json", or no body at all.',
};
const REQUEST_WRONG = {
  code: 'REQUEST_WRONG',
  message: 'The request is not understood.',
  advice: '/v1/openapi.json has what there is.',
};
const INTERNAL = { code: 'INTERNAL', message: 'Internal error', advice: 'The log of this Rollcall says more.' };
