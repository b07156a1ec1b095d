import type { RollcallError } from '@rollcall/errors';
import { pbxError } from '../errors.ts';
import { UNREACHABLE } from '../unreachable.ts';
import type { AriAnswer } from './answer.ts';
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

/** What it means that the answer is not the one that was asked for. */
export const answerFailure = ({ where, user }: AriTarget, { status, server, body }: AriAnswer): RollcallError => {
  const message = ariMessage(body);
  if (status === 401 || status === 403) return pbxError.loginRefused(where, user);
  if (status === 503 && message !== undefined) return pbxError.refused(where, 'Asterisk is not booted yet');
  if (message !== undefined) return pbxError.notAsterisk(where, `HTTP ${status}, "${message}"`);
  if (status !== 404) return pbxError.notAsterisk(where, `HTTP ${status}, not in ARI's form`);
  // While it boots Asterisk (16 to 23) serves HTTP for a moment before ARI is loaded.
  if (server.startsWith('Asterisk')) return pbxError.refused(where, ARI_IS_OFF);
  return pbxError.notAsterisk(where, 'there is a web server, but no ARI in it');
};

const ARI_IS_OFF =
  'Asterisk answers without ARI: it is still starting, or ari.conf has it off, or res_ari.so is not loaded';

/** ARI gives every error as `{"message": …}`; a web server that is not ARI does not. */
export const ariMessage = (body: unknown): string | undefined =>
  typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? body.message
    : undefined;
