import { isIP } from 'node:net';
import { isLoopback } from '@rollcall/access';
import { RollcallError } from '@rollcall/errors';
import type { FastifyRequest } from 'fastify';

/**
 * Where no login is asked for, only this machine is served, and under no name but its own: a page in a browser of this machine could
 * otherwise give itself a name that leads here, and read every call.
 * @throws RollcallError NOT_LOGGED_IN
 */
export const checkLocal = (request: FastifyRequest, names: ReadonlyMap<string, string> | undefined): void => {
  const { remoteAddress } = request.socket;
  if (!isLoopback(request.ip) || !isLoopback(remoteAddress ?? '')) {
    throw refused('Without users only this machine is served', 'Add a user on it: "rollcall user add".');
  }
  const host = request.hostname.toLowerCase();
  if (host === '' || isLoopback(host) || isIP(host.replace(/^\[|\]$/g, '')) !== 0 || names?.has(host)) return;
  throw refused(
    'Without users this machine is served under its address alone, and not under a name that a proxy or a page gives it',
    'Add a user ("rollcall user add"), let the proxy send its own address as Host, or say --http-open.',
  );
};

const refused = (what: string, advice: string) => new RollcallError('NOT_LOGGED_IN', `${what}.`, advice);
