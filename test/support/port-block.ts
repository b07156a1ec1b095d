import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

export type TakenBlock = { readonly base: number; release(): void };

/**
 * Takes a free block of `size` ports of 127.0.0.1 for as long as this process lives, of `blocks` of them from `first` on. The port `held`
 * of the block, counted from 0, is held by a listening socket, so the kernel itself says that a block is taken, and frees it when its
 * holder dies in any way.
 */
export const takeBlock = async (options: {
  first: number;
  size: number;
  blocks: number;
  held: number;
  isFree: (base: number) => Promise<boolean>;
}): Promise<TakenBlock> => {
  const { first, size, blocks, held, isFree } = options;
  const start = randomInt(blocks);
  for (let i = 0; i < blocks; i += 1) {
    const base = first + ((start + i) % blocks) * size;
    const holder = await listen(base + held);
    if (!holder) continue;
    if (await isFree(base)) return { base, release: () => holder.close() };
    holder.close();
  }
  throw new Error(`no free block of ${size} ports on 127.0.0.1 between ${first} and ${first + blocks * size}`);
};

const listen = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

export const tcpFree = async (port: number): Promise<boolean> => {
  const server = await listen(port);
  if (!server) return false;
  await new Promise((done) => server.close(done));
  return true;
};
