import { takeBlock, tcpFree } from '../support/port-block.ts';

/** TCP ports of 127.0.0.1 that no other cluster on this machine uses. */
export interface PortBlock {
  /** Port `n` of the block, from 0. */
  port(n: number): number;
  release(): void;
}

/** Above the range from which Linux takes ephemeral ports (to 60999): a broker that is down finds its ports free when it comes back. */
const BLOCKS = { first: 61_000, size: 15, blocks: 300, held: 14 };

/** @throws Error where every block is taken */
export async function takePortBlock(): Promise<PortBlock> {
  const isFree = async (base: number): Promise<boolean> => {
    const ports = Array.from({ length: BLOCKS.held }, (_, n) => base + n);
    return (await Promise.all(ports.map(tcpFree))).every(Boolean);
  };
  const { base, release } = await takeBlock({ ...BLOCKS, isFree });
  return { port: (n) => base + n, release };
}
