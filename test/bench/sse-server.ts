// A process whose events readers follow by SSE, and beside it a bare node:http server that sends them the same bytes already built.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApi, listen } from '@rollcall/api';
import { type Channel, evolve, position } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import type { Told } from '@rollcall/projector';
import { createMemoryCache } from '@rollcall/state-cache';
import { lives, recordedAt } from './channel-lives.ts';

/** Events that become known together. */
const STEP = 10;
const BATCHES = 50;
const ALIVE = 500;

const cache = createMemoryCache();
const feed = lives(Number.MAX_SAFE_INTEGER, { alive: ALIVE });
let at = 0;

const step = (): Told[] => {
  const told: Told[] = [];
  for (let n = 0; n < STEP; n += 1) {
    const next = feed.next().value;
    if (!next) break;
    at += 1;
    const recorded = recordedAt(next, at);
    const { stream } = recorded;
    const before: Channel | undefined = cache.get(stream);
    const after = evolve(before, recorded);
    const puts = new Map(after ? [[stream, after]] : []);
    const removals = after ? [] : [stream];
    cache.commit({ puts, removals, pbxs: [], quarantine: new Map(), checkpoint: position(at) });
    told.push({ event: recorded, before, after, pbx: undefined });
  }
  return told;
};

let wake = (): void => {};
const waiting: Told[][] = [];
const tell = (batch: Told[]): void => {
  waiting.push(batch);
  wake();
};

async function* follow(_from: unknown, signal: AbortSignal): AsyncGenerator<Told[]> {
  signal.addEventListener('abort', () => wake(), { once: true });
  while (!signal.aborted) {
    const batch = waiting.shift();
    if (batch) yield batch;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

const api = createApi({
  cache,
  clock: systemWorld.clock,
  staleAfter: 900_000,
  readiness: () => ({ problems: [], pbxs: [], position: at }),
  at: async () => ({ cache, now: systemWorld.clock.now() }),
  follow,
});
const url = await listen(api, { host: '127.0.0.1', port: 0, open: false });

for (let n = 0; n < 500; n += 1) step();
const batches = Array.from({ length: BATCHES }, step);

/** What a reader of Rollcall gets, batch by batch. */
const asSent = async (): Promise<Buffer[]> => {
  const leaving = new AbortController();
  const response = await fetch(`${url}/v1/events`, { signal: leaving.signal });
  const reader = response.body?.getReader();
  const sent: Buffer[] = [];
  await reader?.read(); // What greets him.
  for (const batch of batches) {
    tell(batch.map((one) => ({ ...one })));
    const last = `id: ${batch.at(-1)?.event.position}\n`;
    let bytes = Buffer.alloc(0);
    while (!bytes.includes(last) || bytes.subarray(-2).toString() !== '\n\n') {
      bytes = Buffer.concat([bytes, (await reader?.read())?.value ?? Buffer.alloc(0)]);
    }
    sent.push(bytes);
  }
  leaving.abort();
  return sent;
};
/** With the frame of its chunk, so that nothing is left to be done for each reader. */
const built = (await asSent()).map((bytes) => Buffer.from(`${bytes.length.toString(16)}\r\n${bytes}\r\n`));

const readers = new Set<ServerResponse>();
const bare = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': what happens from here on\n\n');
  readers.add(response);
  response.on('close', () => readers.delete(response));
});
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));

/** Keeps to its rate as long as it gets the time to; everything that it changes is told to whoever follows. */
let feeding: NodeJS.Timeout | undefined;
let begun = 0;
let fed = 0;
const feedOn = (perSecond: number): void => {
  begun = performance.now();
  fed = 0;
  feeding = setInterval(() => {
    const due = ((performance.now() - begun) / 1_000) * perSecond;
    // What it is behind with is not made up for in one turn: others wait.
    for (let made = 0; fed < due && made < STEP * 10; made += STEP) {
      tell(step());
      fed += STEP;
    }
  }, 10);
};

type Asked = { send?: 'rollcall' | 'bare'; batch?: number; feed?: number };

process.on('message', ({ send, batch = 0, feed: rate }: Asked) => {
  if (send === 'rollcall') tell((batches[batch] ?? []).map((one) => ({ ...one })));
  if (send === 'bare') for (const response of readers) response.socket?.write(built[batch] ?? '');
  if (rate === undefined) return;
  if (rate > 0) return feedOn(rate);
  clearInterval(feeding);
  process.send?.({ fed: fed / ((performance.now() - begun) / 1_000) });
});
process.send?.({
  rollcall: `${url}/v1/events`,
  bare: `http://127.0.0.1:${(bare.address() as AddressInfo).port}/`,
  step: STEP,
  bytes: built.map(({ length }) => length),
});
// Ends with whoever measures.
process.on('disconnect', () => process.exit());
