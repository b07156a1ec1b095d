import { readFileSync } from 'node:fs';
import {
  type AriAddress,
  type AriAsker,
  type AsteriskSource,
  amiSource,
  ariAsker,
  ariSource,
  type PbxAddress,
  parsePbxAddress,
} from '@rollcall/asterisk';
import type { World } from '@rollcall/clock';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import type { PbxSettings, Settings } from './schema.ts';

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
  const ca = certificateOf(pbx, settings);
  const { host, port, user, secret } = address;
  const common = { user, secret, variables, world };
  if (!('app' in address)) {
    return amiSource({ ...common, host, port, tls: address.scheme === 'amis' ? { ca } : undefined });
  }
  return ariSource({ ...common, url: httpUrl(address), app: address.app ?? `rollcall-${installation}`, tls: { ca } });
};

/**
 * The ARI that the settings name beside a PBX's AMI, for audits; undefined where they name none.
 * @throws RollcallError PBX_ADDRESS, PBX_SECRET_MISSING, PBX_CA_FILE
 */
const ariBeside = ({ pbx, settings, world }: Pick<SourceOptions, 'pbx' | 'settings' | 'world'>) => {
  const { ari, url } = settings;
  if (ari === undefined) return undefined;
  const address = addressOf(pbx, ari);
  if (!('app' in address) || /^ari\+/.test(url)) {
    throw new RollcallError(
      'PBX_ADDRESS',
      `PBX ${pbx}: "ari" is for an ARI address (ari+http://, ari+https://) beside an AMI one.`,
      'Give the AMI address as url and the ARI address as ari.url, or leave ari out.',
    );
  }
  const { user, secret } = address;
  return ariAsker({ url: httpUrl(address), user, secret, tls: { ca: certificateOf(pbx, ari) }, world });
};

/**
 * Every PBX that the settings name, and how to reach it.
 * @throws RollcallError as `pbxSource`
 */
export const pbxSources = (
  { pbx, variables }: Pick<Settings, 'pbx' | 'variables'>,
  installation: string,
  world: World,
): Map<string, { source: AsteriskSource; beside: AriAsker | undefined }> =>
  new Map(
    Object.entries(pbx).map(([name, settings]) => [
      name,
      {
        source: pbxSource({ pbx: name, settings, variables, installation, world }),
        beside: ariBeside({ pbx: name, settings, world }),
      },
    ]),
  );

const httpUrl = ({ scheme, host, port, prefix }: AriAddress): string =>
  `${scheme === 'ari+https' ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}${prefix}`;

const certificateOf = (pbx: string, { caFile }: { caFile?: string | undefined }): string | undefined =>
  caFile === undefined ? undefined : certificate(pbx, caFile);

const addressOf = (pbx: string, { url, secretFile }: { url: string; secretFile?: string | undefined }): PbxAddress => {
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
