import { type ChildProcess, fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { said } from './child.ts';
import { median, type Result, race } from './race.ts';
import { benchResume } from './sse-resume.ts';

const READERS = 1_000;
const ROUNDS = Number(process.env.R ?? 5);
/** Events a second that come into the list and go to every reader, and for how long. */
const FEED = Number(process.env.FEED ?? 100);
const FEED_MS = Number(process.env.W ?? 3_000);
const GREETING = /: what happens from here on\n(?:id: \d+\n)?\n\r\n$/;

type Served = { rollcall: string; bare: string; step: number; bytes: number[] };

/** A thousand readers of `/v1/events`, beside as many of a bare node:http server that sends the same bytes already built. */
export const benchSse = async (): Promise<Result[]> => {
  const child = fork(join(import.meta.dirname, 'sse-server.ts'));
  const served = await said<Served>(child);
  try {
    const contestants = {
      bare: await contestant(child, served, 'bare'),
      rollcall: await contestant(child, served, 'rollcall'),
    };
    const name = `SSE to ${READERS} readers`;
    const raced = await race(name, ROUNDS, 'bare', contestants);
    const each = raced.map((result) => ({ ...result, unit: 'events/s, each to all' }));
    return [...each, await fedMeanwhile(child, name), ...(await benchResume())];
  } finally {
    child.kill();
  }
};

/** Brings one batch after the other to every reader: the next one when all have the one before. */
const contestant = async (
  child: ChildProcess,
  served: Served,
  who: 'bare' | 'rollcall',
): Promise<() => Promise<number>> => {
  let got = 0;
  let due = Number.POSITIVE_INFINITY;
  let done = (): void => {};
  const sockets: Socket[] = [];
  // Not all at once: what is measured is not how fast they are let in.
  for (let n = 0; n < READERS; n += 1) {
    sockets.push(await follow(served[who]));
  }
  for (const socket of sockets) {
    socket.on('data', ({ length }: Buffer) => {
      got += length;
      if (got >= due) done();
    });
  }
  return async () => {
    const since = performance.now();
    for (const [batch, length] of served.bytes.entries()) {
      got = 0;
      due = READERS * length;
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      child.send({ send: who, batch });
      await all;
    }
    due = Number.POSITIVE_INFINITY;
    return ((served.bytes.length * served.step) / (performance.now() - since)) * 1_000;
  };
};

/** Connected, greeted, and following. */
const follow = (url: string): Promise<Socket> => {
  const { host, hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    );
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!GREETING.test(head)) return;
      socket.off('data', onData).off('close', ended);
      resolve(socket);
    };
    const ended = (): void => reject(new Error(`${url} ended: ${head}`));
    socket.on('data', onData).on('close', ended).on('error', reject);
  });
};

/** What comes into the list while the thousand are told of it: of what is sent in, how much is taken in time. */
const fedMeanwhile = async (child: ChildProcess, name: string): Promise<Result> => {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    child.send({ feed: FEED });
    await new Promise((resolve) => setTimeout(resolve, FEED_MS));
    child.send({ feed: 0 });
    rates.push((await said<{ fed: number }>(child)).fed);
  }
  const value = median(rates);
  const of = `${FEED} events/s that come in`;
  return {
    name: `${name}: the feed meanwhile`,
    value: Math.round(value),
    unit: 'events/s',
    of,
    ratio: Number((value / FEED).toFixed(2)),
  };
};
