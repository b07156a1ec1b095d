import { readFileSync } from 'node:fs';
import { type AsteriskSource, amiSource, ariSource, type PbxAddress, parsePbxAddress } from '@rollcall/asterisk';
import type { World } from '@rollcall/clock';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import type { PbxSettings } from './schema.ts';

export type SourceOptions = {
  pbx: string;
  settings: PbxSettings;
  variables: string[];
  /** Name of this installation for ARI: two Rollcalls on one PBX must not take each other's application. */
  installation: string;
  world: World;
};

/**
 * How to reach the PBX that the settings name.
 * @throws RollcallError PBX_ADDRESS, PBX_SECRET_MISSING, PBX_CA_FILE, naming the PBX and never its secret
 */
export const pbxSource = ({ pbx, settings, variables, installation, world }: SourceOptions): AsteriskSource => {
  const address = addressOf(pbx, settings);
  const ca = settings.caFile === undefined ? undefined : certificate(pbx, settings.caFile);
  const { host, port, user, secret } = address;
  const common = { user, secret, variables, world };
  if (!('app' in address)) {
    return amiSource({ ...common, host, port, tls: address.scheme === 'amis' ? { ca } : undefined });
  }
  const http = address.scheme === 'ari+https' ? 'https' : 'http';
  return ariSource({
    ...common,
    url: `${http}://${host.includes(':') ? `[${host}]` : host}:${port}${address.prefix}`,
    app: address.app ?? `rollcall-${installation}`,
    tls: { ca },
  });
};

const addressOf = (pbx: string, { url, secretFile }: PbxSettings): PbxAddress => {
  const secret = secretFile === undefined ? undefined : firstLine(pbx, secretFile);
  if (secret === '') {
    throw new RollcallError(
      'PBX_SECRET_MISSING',
      `PBX ${pbx} has no secret.`,
      'Write it into the first line of secretFile.',
    );
  }
  try {
    return parsePbxAddress(secret === undefined ? url : withSecret(url, secret));
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    throw new RollcallError(error.code, `PBX ${pbx}: ${error.message}`, error.advice);
  }
};

/** A secret of a file comes before one of the url; the url needs none then. */
const withSecret = (text: string, secret: string): string => {
  const url = URL.parse(text.trim());
  if (!url) return text;
  url.password = encodeURIComponent(secret);
  return url.href;
};

const certificate = (pbx: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RollcallError('PBX_CA_FILE', `The certificate of PBX ${pbx} cannot be read: ${why}.`, 'Check caFile.');
  }
};

const firstLine = (pbx: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RollcallError(
      'PBX_SECRET_MISSING',
      `The secret of PBX ${pbx} cannot be read: ${why}.`,
      'Check secretFile.',
    );
  }
};
