import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** TCP ports of 127.0.0.1 that no other cluster on this machine uses. */
export interface PortBlock {
  /** Port `n` of the block, from 0. */
  port(n: number): number;
  release(): void;
}

/** Above the range from which Linux takes ephemeral ports (to 60999): a broker that is down finds its ports free when it comes back. */
const first = 61_000;
const size = 15;
const blocks = 300;

/**
 * Takes a free block for as long as this process lives. The block's last port is held by a listening socket, so the kernel itself
 * says that a block is taken, and frees it when its holder dies in any way.
 */
export async function takePortBlock(): Promise<PortBlock> {
  const start = randomInt(blocks);
  for (let i = 0; i < blocks; i += 1) {
    const base = first + ((start + i) % blocks) * size;
    const holder = await listen(base + size - 1);
    if (!holder) continue;
    const ports = Array.from({ length: size - 1 }, (_, n) => base + n);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) {
      return { port: (n) => base + n, release: () => holder.close() };
    }
    holder.close();
  }
  throw new Error(`no free block of ${size} ports on 127.0.0.1 between ${first} and ${first + blocks * size}`);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (!server) return false;
  await new Promise((done) => server.close(done));
  return true;
}
