import type { Clock } from '@rollcall/clock';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { redactedUrl } from './access/redact.ts';

/** Ids of requests, other in each run of the process: a line of its log names one request for ever. */
export const requestIds = ({ now }: Pick<Clock, 'now'>): (() => string) => {
  const run = now().toString(36);
  let count = 0;
  return () => `${run}-${(++count).toString(36)}`;
};

/**
 * Logs every request once it is answered, and tells the asker its id in `x-request-id`: `debug` what went well, `info` what was refused,
 * `warn` what could not be answered (5xx). Without what logs in.
 */
export const logRequests = (
  server: FastifyInstance,
  logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'isLevelEnabled'>,
): void => {
  server.addHook('onRequest', ({ id }, reply, done) => {
    reply.header('x-request-id', id);
    done();
  });
  server.addHook('onResponse', ({ id, method, url, ip, identity }, { statusCode, elapsedTime }, done) => {
    done();
    const level = statusCode >= 500 ? 'warn' : statusCode >= 400 ? 'info' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    const user = identity?.name || undefined;
    const ms = Math.round(elapsedTime * 10) / 10;
    logger[level]({ request: id, method, url: redactedUrl(url), status: statusCode, ms, address: ip, user }, 'request');
  });
};
