import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const RUNNING = {
  id: '1',
  operation: 'replay',
  state: 'running',
  started: 1,
  progress: { phase: 'reading', position: 1, target: 2, events: 1, eventsPerSecond: 1 },
};
const DONE = { ...RUNNING, state: 'done', ended: 2, result: { did: 'discarded', discarded: true } };

/**
 * A Rollcall whose one job behaves as no job should.
 * - `running`: it never ends, whatever it is asked
 * - `breaks-once`: the first reader of its progress is cut off
 * - `ends`: the server ends in the middle
 * - `nonsense`: what it tells is no job
 */
export const scriptedRollcall = async (behaviour: { progress: 'running' | 'breaks-once' | 'ends' | 'nonsense' }) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!request.url?.endsWith('/progress')) {
      response.writeHead(202).end(JSON.stringify(RUNNING));
      return;
    }
    response.write(`${JSON.stringify(behaviour.progress === 'nonsense' ? { state: 7 } : RUNNING)}\n`);
    if (behaviour.progress === 'ends') {
      setImmediate(close);
    } else if (behaviour.progress === 'breaks-once') {
      if (asked.filter((one) => one.endsWith('/progress')).length > 1) response.end(`${JSON.stringify(DONE)}\n`);
      else setImmediate(() => response.destroy());
    }
  });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
};
