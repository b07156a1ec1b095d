import { type Access, openAccess } from '@rollcall/access';
import { type ApiOptions, createApi, listen, listenBeside, renewTls } from '@rollcall/api';
import type { World } from '@rollcall/clock';
import type { Logger } from 'pino';
import type { Settings } from './settings/schema.ts';
import { settingsWrong } from './settings/settings-wrong.ts';
import { openTlsFiles, type TlsFiles } from './tls-files.ts';

/** What stands before every face: who may come in, and under which certificate. */
export type Entrance = { access: Access; tls: TlsFiles | undefined; logger: Logger; close: () => Promise<void> };

/**
 * The certificate's files are looked at from time to time, and upon SIGHUP, as tools that renew certificates send it. In a terminal SIGHUP
 * says that the terminal is gone, and ends Rollcall.
 * @throws RollcallError SETTINGS_WRONG, TLS_FILES_WRONG, USERS_UNREADABLE, USERS_DAMAGED
 */
export const openEntrance = (settings: Settings, world: World, logger: Logger): Entrance => {
  const warn = (line: string): void => logger.warn(line);
  const { data, tlsCert, tlsKey } = settings;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw settingsWrong(`${tlsCert ? 'tlsCert' : 'tlsKey'} stands without ${tlsCert ? 'tlsKey' : 'tlsCert'}`);
  }
  const access = openAccess({ dir: data, ...world, warn });
  const tls = tlsCert && tlsKey ? openTlsFiles({ cert: tlsCert, key: tlsKey }, world, logger) : undefined;
  const onHangup = (): void => tls?.look();
  if (tls && !process.stdin.isTTY) process.on('SIGHUP', onHangup);
  const close = async (): Promise<void> => {
    process.off('SIGHUP', onHangup);
    tls?.close();
  };
  return { access, tls, logger, close };
};

export type Served = {
  /** As others reach it. */
  url: string;
  /** As the commands of this machine do. */
  local: string;
};

/** Host names under which one PBX is served as if it were the only one. */
const hostsOf = ({ pbx }: Settings): Map<string, string> =>
  new Map(Object.entries(pbx).flatMap(([name, { hosts = [] }]) => hosts.map((host) => [host, name])));

/** @throws RollcallError those of listen */
export const serveHttp = async (
  { access, tls, logger }: Entrance,
  settings: Settings,
  world: World,
  options: Omit<ApiOptions, 'hosts'>,
): Promise<{ served: Served | undefined; close: () => Promise<void> }> => {
  const { http, httpOpen, trustProxy, corsOrigins } = settings;
  if (!http) return { served: undefined, close: async () => {} };
  const api = createApi({
    ...options,
    hosts: hostsOf(settings),
    logger,
    access,
    scheduler: world.scheduler,
    open: httpOpen,
    trustProxy,
    corsOrigins,
    limits: {
      connections: settings.httpConnections,
      connectionsPerAddress: settings.httpConnectionsPerAddress,
      requestsPerMinute: settings.httpRate,
    },
    ...(tls && { tls: tls.current() }),
  });
  tls?.onChange((renewed) => renewTls(api, renewed));
  try {
    const url = await listen(api, { ...http, open: httpOpen || access.anyUsers() });
    if (!tls) return { served: { url, local: url }, close: () => api.close() };
    const beside = await listenBeside(api);
    return {
      served: { url, local: beside.url },
      close: async () => {
        await beside.close();
        await api.close();
      },
    };
  } catch (error) {
    await api.close();
    throw error;
  }
};
