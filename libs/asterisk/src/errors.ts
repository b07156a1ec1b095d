import { RollcallError } from '@rollcall/errors';

/** What can be wrong between Rollcall and a PBX. `where` is an address without user or secret. */
export const pbxError = {
  refused: (where: string, why: string) =>
    new RollcallError(
      'PBX_UNREACHABLE',
      `${where} cannot be reached: ${why}.`,
      'Check that Asterisk runs and that address, port and firewall are right.',
    ),
  notAsterisk: (where: string, saw: string) =>
    new RollcallError(
      'PBX_NOT_ASTERISK',
      `${where} answers, but not as Asterisk does: ${saw}.`,
      'Check the port: AMI is 5038 (TLS 5039), ARI 8088 (TLS 8089) unless changed.',
    ),
  tls: (where: string, why: string) =>
    new RollcallError(
      'PBX_TLS',
      `TLS with ${where} failed: ${why}.`,
      'Check the certificate, give its authority in the settings (caFile), or use the port without TLS on a trusted network.',
    ),
  loginRefused: (where: string, user: string) =>
    new RollcallError(
      'PBX_LOGIN_REFUSED',
      `${where} refused user "${user}".`,
      'Check user and secret in manager.conf (AMI) or ari.conf (ARI), and its permit and deny lines.',
    ),
  forbidden: (where: string, missing: string[]) =>
    new RollcallError(
      'PBX_PERMISSION_MISSING',
      `The user at ${where} lacks: ${missing.join(', ')}.`,
      'In manager.conf give it read=system,call,dialplan,reporting and write=system,call,reporting.',
    ),
  ariApp: (where: string, why: string) =>
    new RollcallError(
      'ARI_APP_NOT_SUBSCRIBED',
      `${where}: ${why}.`,
      'Choose another ARI application name in the settings (app).',
    ),
  noAnswer: (where: string, what: string) =>
    new RollcallError(
      'PBX_NO_ANSWER',
      `${where} did not answer ${what} in time.`,
      'It is asked again after a reconnect.',
    ),
  lost: (where: string, why: string) =>
    new RollcallError(
      'PBX_CONNECTION_LOST',
      `The connection to ${where} ended: ${why}.`,
      'It is made again by itself.',
    ),
};
