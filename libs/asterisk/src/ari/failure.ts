import type { RollcallError } from '@rollcall/errors';
import { pbxError } from '../errors.ts';
import type { AriTarget } from './target.ts';

/** What it means that no answer could be had: told by the error's code (Node, OpenSSL, HTTP parser). */
export const networkFailure = ({ where, secure }: AriTarget, error: Error): RollcallError => {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const maybe = secure ? '' : ' (does the port want https?)';
    return pbxError.refused(where, `it closed the connection without an answer${maybe}`);
  }
  const unreachable = UNREACHABLE[code];
  if (unreachable) return pbxError.refused(where, unreachable);
  if (/^HPE_/.test(code)) return pbxError.notAsterisk(where, 'what it sends is not HTTP');
  if (code === 'EPROTO' || /^ERR_SSL/.test(code)) return pbxError.tls(where, 'the port does not speak TLS');
  if (/CERT|ERR_TLS|UNABLE_TO|SIGNATURE/.test(code)) return pbxError.tls(where, `${error.message} (${code})`);
  return pbxError.notAsterisk(where, error.message);
};

const UNREACHABLE: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'nothing answers there',
};

/** What it means that the answer is not the one that was asked for. `body`: as parsed from JSON, where it is JSON. */
export const statusFailure = (target: AriTarget, status: number, body: unknown): RollcallError => {
  const { where, user } = target;
  const message = ariMessage(body);
  if (status === 401 || status === 403) return pbxError.loginRefused(where, user);
  if (message === undefined) return pbxError.notAsterisk(where, notAri(status));
  if (status === 503) return pbxError.refused(where, 'Asterisk is not booted yet');
  return pbxError.notAsterisk(where, `HTTP ${status}, "${message}"`);
};

const notAri = (status: number): string =>
  status === 404
    ? 'there is a web server, but no ARI in it (is it enabled in ari.conf, and res_ari.so loaded?)'
    : `HTTP ${status}, not in ARI's form`;

/** ARI gives every error as `{"message": …}`; a web server that is not ARI does not. */
export const ariMessage = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? body.message
    : undefined;
