import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';

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

const first = 10_000;
const size = 1_000;
const blocks = 22;

/**
 * Takes a free block for as long as this process lives. The block's first port is held by a listening socket, so the kernel itself
 * says that a block is taken, and frees it when its holder dies in any way.
 */
export async function takePortBlock(): Promise<PortBlock> {
  const start = randomInt(blocks);
  for (let i = 0; i < blocks; i += 1) {
    const base = first + ((start + i) % blocks) * size;
    const holder = await listen(base);
    if (!holder) continue;
    const [ami, amiTls, http, sip, phone] = [base + 1, base + 2, base + 3, base + 4, base + 5];
    const free = await Promise.all([tcpFree(ami), tcpFree(amiTls), tcpFree(http), udpFree(sip), udpFree(phone)]);
    if (free.every(Boolean)) {
      const rtp = { sippMedia: base + 10, rtpStart: base + 210, rtpEnd: base + size - 1 };
      return { ami, amiTls, http, sip, phone, ...rtp, release: () => holder.close() };
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

async function tcpFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (!server) return false;
  await new Promise((done) => server.close(done));
  return true;
}

function udpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}
