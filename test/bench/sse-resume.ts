import { fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { said } from './child.ts';
import { median, type Result } from './race.ts';

const READERS = Number(process.env.READERS ?? 1_000);
const ROUNDS = Number(process.env.R ?? 3);
/** Events that happen while all readers are away; their last positions are as many different ones. */
const MISSED = 50;

type Told = { head: number; cpu: NodeJS.CpuUsage };

/** A thousand readers who lose their connection together, as when a proxy begins anew, or Rollcall, and resume at once where each was. */
export const benchResume = async (): Promise<Result[]> => [
  ...(await resumed('proxy', ROUNDS)),
  ...(await resumed('Rollcall', 1)),
];

const resumed = async (restarted: 'proxy' | 'Rollcall', rounds: number): Promise<Result[]> => {
  const child = fork(join(import.meta.dirname, 'sse-resume-server.ts'));
  const { url } = await said<{ url: string }>(child);
  const append = async (count: number): Promise<Told> => {
    child.send({ append: count });
    return said<Told>(child);
  };
  const untilLive: number[] = [];
  const cpu: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const first = restarted === 'proxy' ? await reader(url, undefined) : undefined;
      const { head: before } = await append(MISSED);
      await first?.until(before);
      first?.leave();
      const { head, cpu: since } = await append(MISSED);
      const begun = performance.now();
      const readers = await Promise.all(
        Array.from({ length: READERS }, async (_, n) => {
          const one = await reader(url, before - (n % MISSED));
          await one.until(head);
          return one;
        }),
      );
      untilLive.push(performance.now() - begun);
      const { head: next, cpu: until } = await append(1);
      cpu.push((until.user + until.system - since.user - since.system) / 1_000);
      await Promise.all(readers.map((one) => one.until(next)));
      for (const [n, one] of readers.entries()) {
        // Nothing changes nothing in this log: each event is told.
        if (one.got() !== next - before + (n % MISSED)) throw new Error(`reader ${n} got ${one.got()} events`);
        one.leave();
      }
    }
  } finally {
    child.kill();
  }
  const name = `SSE: ${READERS} readers resume at once, ${restarted} restarted`;
  return [
    { name: `${name}: until all are live`, value: Math.round(median(untilLive)), unit: 'ms' },
    { name: `${name}: CPU of the server`, value: Math.round(median(cpu)), unit: 'ms' },
  ];
};

/** Follows after a position, or from now on, once it is greeted. */
const reader = (url: string, after: number | undefined) => {
  const { host, hostname, port, pathname } = new URL(url);
  const resume = after === undefined ? '' : `Last-Event-ID: ${after}\r\n`;
  let text = '';
  let got = 0;
  let last = after ?? 0;
  let look = (): void => {};
  const hear = (chunk: Buffer): void => {
    text += chunk.toString('latin1');
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: ')) got += 1;
      if (line.startsWith('id: ')) last = Number(line.slice(4));
    }
    look();
  };
  type Reader = { until: (position: number) => Promise<void>; got: () => number; leave: () => void };
  return new Promise<Reader>((resolve, reject) => {
    const socket: Socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${resume}\r\n`),
    );
    socket.on('error', reject);
    socket.on('data', hear).once('data', () =>
      resolve({
        until: (position) =>
          new Promise((reached) => {
            look = () => last >= position && reached();
            look();
          }),
        got: () => got,
        leave: () => socket.destroy(),
      }),
    );
  });
};
