import { createSocket } from 'node:dgram';
import { takeBlock, tcpFree } from '../support/port-block.ts';

/** A block of ports that no other instance on this machine uses. Lies below the range from which systems take ephemeral ports. */
export interface PortBlock {
  readonly ami: number;
  readonly amiTls: number;
  readonly http: number;
  readonly sip: number;
  readonly phone: number;
  /** First of 200 ports for SIPp's own media. */
  readonly sippMedia: number;
  readonly rtpStart: number;
  readonly rtpEnd: number;
  release(): void;
}

const BLOCKS = { first: 10_000, size: 1_000, blocks: 22, held: 0 };

/** @throws Error where every block is taken */
export async function takePortBlock(): Promise<PortBlock> {
  const tcp = [1, 2, 3];
  const udp = [4, 5];
  const isFree = async (base: number): Promise<boolean> => {
    const free = [...tcp.map((n) => tcpFree(base + n)), ...udp.map((n) => udpFree(base + n))];
    return (await Promise.all(free)).every(Boolean);
  };
  const { base, release } = await takeBlock({ ...BLOCKS, isFree });
  const [ami, amiTls, http, sip, phone] = [base + 1, base + 2, base + 3, base + 4, base + 5];
  const rtp = { sippMedia: base + 10, rtpStart: base + 210, rtpEnd: base + BLOCKS.size - 1 };
  return { ami, amiTls, http, sip, phone, ...rtp, release };
}

function udpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}
