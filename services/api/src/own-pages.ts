import { RollcallError } from '@rollcall/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Keeps pages of other origins from what CORS does not cover, websockets and requests that change something: a browser sends them with
 * the login that it has, or with this machine's right to be served without one. Other programs name no origin, or the one they ask.
 * @throws RollcallError ORIGIN_FOREIGN unless the origin is this server or one of `corsOrigins`
 */
export const refuseForeignPages = ({ headers: { origin }, host }: FastifyRequest, reply: FastifyReply): void => {
  if (origin === undefined || URL.parse(origin)?.host === host) return;
  // Said by CORS, of the origins that are named.
  if (reply.getHeader('access-control-allow-origin') === origin) return;
  throw new RollcallError(
    'ORIGIN_FOREIGN',
    'A page of another origin may not do this.',
    'Name its origin in corsOrigins (--cors-origin). A proxy in between passes Host on as it was.',
  );
};
