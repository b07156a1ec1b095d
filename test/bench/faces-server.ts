// A process that serves the faces over a list of so many channels, and beside them a bare node:http server of the same bytes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApi, listen } from '@rollcall/api';
import { createMetrics } from '@rollcall/api/metrics';
import { type Channel, evolve, type Pbx, position } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { createMemoryCache } from '@rollcall/state-cache';
import { firstRevision, lives, recordedAt } from './channel-lives.ts';

const alive = Number(process.argv[2]);
/** Events of one step of the feed, and milliseconds between two. */
const STEP = 10;
const EVERY_MS = 10;

const cache = createMemoryCache();
// Of the calls that are on their way not all have a channel yet.
const feed = lives(Number.MAX_SAFE_INTEGER, { alive: Math.ceil(alive * 1.2) });
let at = 0;

const step = (events: number): void => {
  const puts = new Map<string, Channel>();
  const removals = new Set<string>();
  for (let n = 0; n < events; n += 1) {
    const next = feed.next().value;
    if (!next) break;
    at += 1;
    const recorded = recordedAt(next, at);
    const { stream } = recorded;
    const before = removals.has(stream) ? undefined : (puts.get(stream) ?? cache.get(stream));
    const after = evolve(before, recorded);
    if (after) puts.set(stream, after);
    else {
      puts.delete(stream);
      removals.add(stream);
    }
  }
  cache.commit({ puts, removals: [...removals], pbxs: [], quarantine: new Map(), checkpoint: position(at) });
};

const now = systemWorld.clock.now();
const pbx: Pbx = {
  name: 'pbx-a',
  boot: 3,
  startup: undefined,
  connected: true,
  source: 'ami',
  version: '22.10.1',
  recording: false,
  since: now,
  staleBefore: undefined,
  reconciledAt: now,
  revision: firstRevision('none'),
  position: position(1),
};
const none = { puts: new Map(), removals: [], quarantine: new Map(), checkpoint: position(0) };
cache.commit({ ...none, pbxs: [pbx] });
// As many events as it takes until so many are there, and some are older than others.
while (cache.size < alive) step(100);

const api = createApi({
  cache,
  clock: systemWorld.clock,
  staleAfter: 900_000,
  readiness: () => ({ problems: [], pbxs: [], position: at }),
  at: async () => ({ cache, now }),
  follow: async function* () {},
  // As `rollcall start` serves them.
  metrics: createMetrics(),
  limits: { connections: 10_000, connectionsPerAddress: 4_000, requestsPerMinute: 12_000 },
  logger: { debug() {}, info() {}, warn() {}, isLevelEnabled: (level) => level !== 'debug' },
});
const url = await listen(api, { host: '127.0.0.1', port: 0, open: false });

/** What the bare server answers: path by path the bytes that the faces gave last, headers and all. */
const bytes = new Map<string, { headers: Record<string, string>; body: Buffer }>();
/** Node writes these itself. */
const NODES = new Set(['date', 'connection', 'keep-alive']);
const bare = createServer((request, response) => {
  const { headers, body } = bytes.get(request.url ?? '') ?? {};
  response.writeHead(200, headers);
  response.end(body);
});
const copyOf = async (path: string): Promise<void> => {
  const answer = await fetch(`${url}${path}`);
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !NODES.has(name)));
  bytes.set(path, { headers, body: Buffer.from(await answer.arrayBuffer()) });
};
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));

let feeding: NodeJS.Timeout | undefined;
let begun = performance.now();
let fed = 0;
/** Keeps to its rate as long as it gets the time to. */
const feedOn = (): void => {
  while (fed < ((performance.now() - begun) / EVERY_MS) * STEP) {
    step(STEP);
    fed += STEP;
    // What it is behind with is not made up for in one turn: others wait.
    if (fed % (STEP * 10) === 0) break;
  }
};

process.on('message', async ({ copy, feed: on }: { copy?: string; feed?: boolean }) => {
  if (copy !== undefined) await copyOf(copy);
  if (on === true) {
    begun = performance.now();
    fed = 0;
    feeding = setInterval(feedOn, EVERY_MS);
  }
  if (on === false) clearInterval(feeding);
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage();
  process.send?.({
    cpuMs: (user + system) / 1_000,
    feedPerSecond: fed / seconds,
    id: cache.list()[Symbol.iterator]().next().value?.uniqueid,
  });
});
process.send?.({ url, bare: `http://127.0.0.1:${(bare.address() as AddressInfo).port}` });
// Ends with whoever measures.
process.on('disconnect', () => process.exit());
