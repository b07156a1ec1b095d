import rateLimit from '@fastify/rate-limit';
import { isLoopback, networkOf } from '@rollcall/access';
import { RollcallError } from '@rollcall/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const MINUTE_MS = 60_000;
const MAX_ADDRESSES = 10_000;

/** Refuses with TOO_MANY_REQUESTS (429) what one address asks beyond so many a minute, before anything else is looked at. */
export const limitRate = (server: FastifyInstance, requestsPerMinute: number): void => {
  server.register(rateLimit, { global: false, cache: MAX_ADDRESSES });
  server.after(() => {
    const count = server.createRateLimit({
      max: requestsPerMinute,
      timeWindow: MINUTE_MS,
      keyGenerator: ({ ip }) => networkOf(ip),
    });
    const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const counted = await count(request);
      if (counted.isAllowed || !counted.isExceeded) return;
      reply.header('retry-after', counted.ttlInSeconds);
      throw new RollcallError(
        'TOO_MANY_REQUESTS',
        `More than ${requestsPerMinute} requests in a minute came from this address.`,
        'Follow the live stream instead of asking again and again, or raise httpRate; see docs/access.md.',
      );
    };
    server.addHook('onRequest', (request, reply, done) => {
      if (isLoopback(request.ip)) done();
      else refuse(request, reply).then(() => done(), done);
    });
  });
};
