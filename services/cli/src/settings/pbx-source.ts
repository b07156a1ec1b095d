import { readFileSync } from 'node:fs';
import { type AsteriskSource, amiSource, ariSource, parsePbxAddress } from '@rollcall/asterisk';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { PbxSettings } from './schema.ts';

export type SourceOptions = {
  pbx: string;
  settings: PbxSettings;
  variables: string[];
  /** Name of this installation for ARI: two Rollcalls on one PBX must not take each other's application. */
  installation: string;
  world: World;
};

/** How to reach the PBX that the settings name. */
export const pbxSource = ({ pbx, settings, variables, installation, world }: SourceOptions): AsteriskSource => {
  const address = parsePbxAddress(settings.url);
  const secret = settings.secretFile === undefined ? address.secret : firstLine(pbx, settings.secretFile);
  if (!secret) {
    throw new RollcallError(
      'PBX_SECRET_MISSING',
      `PBX ${pbx} has no secret.`,
      'Put it into the url or name a secretFile.',
    );
  }
  const ca = settings.caFile === undefined ? undefined : readFileSync(settings.caFile, 'utf8');
  const { host, port, user } = address;
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
