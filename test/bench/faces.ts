import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { load } from './load.ts';
import { type Result, race } from './race.ts';

/** Many short turns: a machine whose speed swings from second to second hits all contestants alike. */
const ROUNDS = 21;
const WINDOW = { connections: 50, ms: 400 };
const FEED = 1_000;

type Served = { url: string; bare: string };
type Reply = { cpuMs: number; feedPerSecond: number; id: string };

/** What the faces answer, beside a bare node:http server that sends the same bytes already built, headers and all. */
export const benchFaces = async (): Promise<Result[]> => [...(await benchAri())];

/** `GET /ari/channels` with few and with many channels, and one channel by its id; alone, and while a thousand events a second come in. */
const benchAri = async (): Promise<Result[]> => {
  const results: Result[] = [];
  for (const channels of [100, 10_000]) {
    const { child, served, ask } = await start(channels);
    const { id } = await ask({ feed: false });
    // By its id first: with the feed beside, it may be over.
    const paths = channels === 100 ? [`/ari/channels/${id}`, '/ari/channels'] : ['/ari/channels'];
    for (const path of paths) {
      await ask({ copy: path });
      const name = path === '/ari/channels' ? `GET ${path}, ${channels} channels` : 'GET /ari/channels/{id}';
      const fed: number[] = [];
      /** By the server's own CPU time: what else the machine does counts for nothing. On a machine of its own that is requests a second. */
      const answers = async (base: string): Promise<number> => {
        const before = await ask({});
        const { answered } = await load(`${base}${path}`, WINDOW);
        return (answered / ((await ask({})).cpuMs - before.cpuMs)) * 1_000;
      };
      const underFeed = async (): Promise<number> => {
        await ask({ feed: true });
        const rate = await answers(served.url);
        fed.push((await ask({ feed: false })).feedPerSecond);
        return rate;
      };
      const contestants = {
        bare: () => answers(served.bare),
        rollcall: () => answers(served.url),
        // A channel may be over by then: what is asked by its id is asked of a list that stands still.
        ...(path === '/ari/channels' && { [`rollcall, ${FEED} events/s beside`]: underFeed }),
      };
      for (const result of await race(name, ROUNDS, 'bare', contestants)) {
        results.push({ ...result, unit: 'requests a second of CPU' });
      }
      if (fed.length > 0) {
        const slowest = Math.min(...fed);
        const of = `${FEED} events/s that come in`;
        results.push({
          name: `${name}: the feed meanwhile, slowest round`,
          value: Math.round(slowest),
          unit: 'events/s',
          of,
          ratio: Number((slowest / FEED).toFixed(2)),
        });
      }
    }
    child.kill();
  }
  return results;
};

/** The server has a process of its own. */
const start = async (
  channels: number,
): Promise<{ child: ChildProcess; served: Served; ask: (what: object) => Promise<Reply> }> => {
  const child = fork(join(import.meta.dirname, 'faces-server.ts'), [String(channels)]);
  const message = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the server ended with ${code}`));
      child.once('exit', ended);
      child.once('message', (said) => {
        child.off('exit', ended);
        resolve(said as T);
      });
    });
  const served = await message<Served>();
  return {
    child,
    served,
    ask: (what) => {
      child.send(what);
      return message<Reply>();
    },
  };
};
