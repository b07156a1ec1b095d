import { isIP } from 'node:net';
import { z } from 'zod';

/** An address, or a network such as 10.0.0.0/8. */
const proxySchema = z.string().refine((text) => {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}, 'is no address, such as 10.0.0.2 or 10.0.0.0/8');

const originSchema = z
  .string()
  .refine(
    (text) => /^https?:/.test(text) && URL.parse(text)?.origin === text,
    'is no origin, such as https://wallboard.example',
  );

const file = z.string().min(1).max(4_096);
/** From the environment and the command line they come as text. */
const count = z.coerce.number('is no number, such as 10000').int('is no whole number');

/** Who may reach HTTP, and how. */
export const httpSettings = {
  /** PEM files of certificate (with what leads to its authority) and key; HTTP and AMI are served over TLS then. */
  tlsCert: file.optional(),
  tlsKey: file.optional(),
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustProxy: z.array(proxySchema).max(100).default([]),
  /** Origins of pages that may read in a browser. */
  corsOrigins: z.array(originSchema).max(100).default([]),
  /** Open connections, of all addresses. */
  httpConnections: count.min(10).max(1_000_000).default(10_000),
  /** Of one address; loopback has no such limit. */
  httpConnectionsPerAddress: count.min(1).max(1_000_000).default(4_000),
  /** Requests a minute of one address; loopback has no such limit. */
  httpRate: count.min(1).max(10_000_000).default(12_000),
};
