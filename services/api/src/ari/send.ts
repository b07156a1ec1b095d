import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type Answer, bytesOf } from './answer.ts';

/** Nothing here is a page: nothing may run, be framed or be guessed to be something else. Asterisk names no charset. */
const HEADERS = {
  'cache-control': 'no-cache, no-store',
  'content-security-policy': "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
  'x-content-type-options': 'nosniff',
};

/**
 * Sends an answer beside what hooks have put into the headers. Node is given all of it at once: what Fastify does for an answer on its way
 * is for schemas and hooks that this face has none of.
 */
export const send = (reply: FastifyReply, { status, body, headers }: Answer): void => {
  const { raw } = reply.hijack();
  const common = { ...(reply.getHeaders() as OutgoingHttpHeaders), ...HEADERS, ...headers };
  if (body === undefined) {
    raw.writeHead(status, common).end();
    return;
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : bytesOf(body);
  raw.writeHead(status, { ...common, 'content-type': 'application/json', 'content-length': length });
  if (typeof body === 'string') raw.end(body);
  else sendTogether(raw, body);
};

/** The pieces belong to everybody who asks: none is copied, and a stream would hand them over one by one. */
const sendTogether = (raw: FastifyReply['raw'], pieces: readonly Buffer[]): void => {
  raw.cork();
  for (const piece of pieces) raw.write(piece);
  raw.end();
};
