import type { Clock } from '@rollcall/clock';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { redactedUrl } from './access/redact.ts';
import type { Answered } from './answered.ts';

/** Ids of requests, other in each run of the process: a line of its log names one request for ever. */
export const requestIds = ({ now }: Pick<Clock, 'now'>): (() => string) => {
  const run = now().toString(36);
  let count = 0;
  return () => `${run}-${(++count).toString(36)}`;
};

type RequestLogger = Pick<Logger, 'debug' | 'info' | 'warn' | 'isLevelEnabled'>;

/**
 * Logs a request that is answered: `debug` what went well, `info` what was refused, `warn` what could not be answered (5xx). Without what
 * logs in.
 */
export const logAnswers =
  (logger: RequestLogger): ((answered: Answered) => void) =>
  ({ request: { id, method, url, ip, identity }, status, ms }) => {
    const level = status >= 500 ? 'warn' : status >= 400 ? 'info' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    const user = identity?.name || undefined;
    const took = Math.round(ms * 10) / 10;
    logger[level]({ request: id, method, url: redactedUrl(url), status, ms: took, address: ip, user }, 'request');
  };

/** Tells the asker under which id his request stands in the log, in `x-request-id`. */
export const tellRequestIds = (server: FastifyInstance): void => {
  server.addHook('onRequest', ({ id }, reply, done) => {
    reply.header('x-request-id', id);
    done();
  });
};
