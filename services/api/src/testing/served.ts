import {
  type Channel,
  channelStream,
  type Pbx,
  position,
  type Quarantined,
  revision,
  shapeChannel,
} from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import type { Told } from '@rollcall/projector';
import { createMemoryCache } from '@rollcall/state-cache';
import type { FastifyContextConfig } from 'fastify';
import { type ApiOptions, createApi, listen } from '../index.ts';

/** When the tests' connections began or were lost. */
export const SINCE = Date.UTC(2026, 10, 22, 15);

export const pbxNamed = (name: string, more: Partial<Pbx> = {}): Pbx => ({
  name,
  boot: 1,
  startup: undefined,
  connected: true,
  source: 'ami',
  version: undefined,
  recording: false,
  since: SINCE,
  staleBefore: undefined,
  reconciledAt: undefined,
  revision: revision(0),
  position: position(1),
  ...more,
});

export const channelOf = (pbx: string, uniqueid: string, more: Partial<Channel> = {}): Channel =>
  shapeChannel({
    pbx,
    boot: 1,
    uniqueid,
    name: `PJSIP/${uniqueid}`,
    revision: revision(0),
    position: position(2),
    origin: 'created',
    state: 6,
    created: SINCE,
    ...more,
  });

/** A stream set aside at revision 3, with two events that wait behind it. */
export const heldAt = (pbx: string, uniqueid: string): Quarantined => ({
  ...{ stream: channelStream(pbx, 1, uniqueid), pbx, revision: revision(3), position: position(5) },
  ...{ head: revision(5), type: 'ChannelTeleported', reason: 'events named so are not known here', recorded: SINCE },
});

export const cacheOf = (pbxs: Pbx[], channels: Channel[], held: Quarantined[] = []) => {
  const cache = createMemoryCache();
  const puts = new Map(channels.map((one) => [channelStream(one.pbx, one.boot, one.uniqueid), one]));
  cache.commit({
    puts,
    removals: [],
    pbxs,
    quarantine: new Map(held.map((one) => [one.stream, one])),
    checkpoint: position(7),
  });
  return cache;
};

export async function* nothingHappens(): AsyncGenerator<Told[]> {}

export type Answer = { status: number; body: unknown; headers: Headers };

/** The API over a real socket of loopback. */
export const serve = async (options: Partial<ApiOptions> & Pick<ApiOptions, 'cache'>) => {
  const routes: { method: string; url: string; config: () => FastifyContextConfig }[] = [];
  const server = createApi({
    clock: { ...systemWorld.clock, now: () => SINCE + 60_000 },
    staleAfter: 900_000,
    readiness: () => ({ problems: [], pbxs: [], position: 7 }),
    at: async () => ({ cache: options.cache, now: SINCE }),
    follow: nothingHappens,
    ...options,
  });
  server.addHook('onRoute', (route) => {
    // What is set on it in its own scope comes later.
    const config = (): FastifyContextConfig => route.config ?? {};
    for (const method of [route.method].flat()) routes.push({ method, url: route.url, config });
  });
  const url = await listen(server, { host: '127.0.0.1', port: 0, open: false });
  return {
    url,
    server,
    port: Number(new URL(url).port),
    /** Everything that is served, as it was registered. */
    routes,
    ask: async (path: string, init?: RequestInit): Promise<Answer> => {
      const response = await fetch(`${url}${path}`, init);
      const text = await response.text();
      return { status: response.status, body: text ? JSON.parse(text) : undefined, headers: response.headers };
    },
    close: () => server.close(),
  };
};
