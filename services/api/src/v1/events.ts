import type { ServerResponse } from 'node:http';
import type { Position } from '@rollcall/channel';
import { errorLine, isRollcallError, RollcallError } from '@rollcall/errors';
import type { Told } from '@rollcall/projector';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { type Behind, createBehind } from '../behind.ts';
import type { ApiOptions } from '../options.ts';
import { createSockets, wantsUpgrade } from '../upgrade.ts';
import { positionAsked, readFeed } from './event-feed.ts';
import { eventsQuery, only } from './event-filter.ts';
import { eventJson, sseText } from './event-text.ts';
import { createPast } from './past.ts';
import { checked } from './query.ts';

/** A line that means nothing, so that whoever stands between does not think the connection dead. */
const HEARTBEAT_MS = 15_000;
/** A websocket reader is dropped when so much waits for it. */
const MOST_BEHIND = 8 * 1024 * 1024;
const MOST_READERS = 10_000;

/** What happens, as it happens: `GET /events` by server-sent events, `GET /events/ws` by websocket. */
export const eventRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  let readers = 0;
  const behind = createBehind(MOST_BEHIND);
  const past = createPast(options);
  const closing = new AbortController();
  server.addHook('preClose', async () => closing.abort());
  const sockets = createSockets(server, { protocols: [], maxPayload: 1024 });

  const begin = async (request: FastifyRequest): Promise<Feed> => {
    const { after, ...filter } = checked(eventsQuery, request.query);
    const given = request.headers['last-event-id'] ?? after;
    const from = positionAsked(typeof given === 'string' ? given.trim() : undefined);
    await checkPosition(from, request, options);
    if (readers >= MOST_READERS) throw tooMany();
    readers++;
    const leaving = new AbortController();
    const signal = AbortSignal.any([leaving.signal, closing.signal]);
    // Where the list comes from a topic, positions of several partitions are in no order, and nobody resumes.
    const oneOrder = options.log !== undefined;
    if (oneOrder) request.view.stay(closing.signal);
    const drop = (): void => void request.raw.socket.destroy();
    const begins = oneOrder ? (from ?? request.view.reached()) : undefined;
    const events = readFeed(request.view, from, signal, { oneOrder, past, drop });
    let passed: Position | undefined;
    const feed = only(events, filter, (position) => {
      passed = position;
    });
    return {
      [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator](),
      begins,
      passed: () => (oneOrder ? passed : undefined),
      leave: () => {
        if (!leaving.signal.aborted) readers--;
        leaving.abort();
      },
    };
  };

  server.get('/events', { exposeHeadRoute: false }, async (request, reply) => {
    const feed = await begin(request);
    request.raw.socket.setNoDelay(true);
    await stream(reply, feed, options);
  });

  server.get('/events/ws', { exposeHeadRoute: false }, async (request, reply) => {
    if (!wantsUpgrade(request)) throw needsUpgrade();
    const feed = await begin(request);
    try {
      const socket = await sockets.accept(request, reply);
      if (socket) await push(socket, feed, behind);
    } finally {
      // Also who is refused, as a page of another origin is.
      feed.leave();
    }
  });
};

type Feed = AsyncIterable<readonly Told[]> & {
  /** Everything after it is told; undefined where nobody resumes. */
  begins: Position | undefined;
  /** Up to where a filter has looked; undefined where there is none: then each event says it. */
  passed: () => Position | undefined;
  leave: () => void;
};

/** From where to resume: who loses the connection before the first event that he wants would begin anew. */
const idLine = (at: Position | undefined): string => (at === undefined ? '' : `id: ${at}\n`);

const stream = async (reply: FastifyReply, feed: Feed, { scheduler }: ApiOptions): Promise<void> => {
  const { raw } = reply;
  reply.hijack();
  raw.on('error', feed.leave).on('close', feed.leave);
  // Gone while its position was looked at: that is not said again.
  if (raw.destroyed) feed.leave();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // A proxy that keeps it back makes it no feed.
    'x-accel-buffering': 'no',
  });
  raw.write(`: what happens from here on\n${idLine(feed.begins)}\n`);
  const beat = (): void => {
    raw.write(`:\n${idLine(feed.passed())}\n`);
    stopBeating = scheduler?.after(HEARTBEAT_MS, beat);
  };
  let stopBeating = scheduler?.after(HEARTBEAT_MS, beat);
  try {
    for await (const batch of feed) {
      if (raw.destroyed) break;
      if (!raw.write(sseText(batch)) && !raw.destroyed) await drained(raw);
    }
  } catch (error) {
    if (!raw.destroyed) raw.write(`event: error\ndata: ${JSON.stringify(told(error))}\n\n`);
  } finally {
    stopBeating?.();
    feed.leave();
    raw.end();
  }
};

/** Also when it was closed. */
const drained = (raw: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      raw.off('drain', done).off('close', done);
      resolve();
    };
    raw.on('drain', done).on('close', done);
  });

const push = async (socket: WebSocket, feed: Feed, behind: Behind): Promise<void> => {
  socket.on('close', feed.leave).on('error', feed.leave);
  socket.on('close', () => behind.left(socket));
  try {
    for await (const batch of feed) {
      for (const one of batch) socket.send(eventJson(one));
      if (socket.readyState === socket.OPEN && behind.isTooFar(socket)) return socket.close(1013, 'too slow');
    }
    socket.close(1001);
  } catch (error) {
    socket.close(1011, errorLine(error).slice(0, 120));
  } finally {
    feed.leave();
  }
};

const checkPosition = async (
  from: Position | undefined,
  { view }: FastifyRequest,
  { log }: ApiOptions,
): Promise<void> => {
  if (from === undefined) return;
  if (Number.isNaN(from)) {
    throw new RollcallError(
      'FEED_POSITION_WRONG',
      'Last-Event-ID or after is not a position.',
      'Send the id of the last event that you have, a whole number.',
    );
  }
  const head = log ? await log.head() : view.cache.checkpoint;
  if (from > head) {
    throw new RollcallError(
      'FEED_BEYOND_LOG',
      `Position ${from} is beyond the log's end ${head}: it is of another log, or this one was restored.`,
      'Read the list anew (/v1/channels), and follow from the position that it has.',
    );
  }
  const compactedTo = (await log?.compactedTo()) ?? 0;
  if (from < compactedTo) {
    throw new RollcallError(
      'FEED_COMPACTED',
      `Retention has dropped what was over by position ${compactedTo}; what happened after ${from} cannot be told whole.`,
      'Read the list anew (/v1/channels), and follow from the position that it has.',
    );
  }
};

const told = (error: unknown): object =>
  isRollcallError(error)
    ? { code: error.code, message: error.message, advice: error.advice }
    : { code: 'FEED_ENDED', message: 'The feed has ended.', advice: 'Connect again, with the id of the last event.' };

const needsUpgrade = () =>
  new RollcallError('UPGRADE_REQUIRED', 'This is a websocket.', 'Connect with one, or read /v1/events.');

const tooMany = () =>
  new RollcallError('FEED_FULL', `${MOST_READERS} readers follow already.`, 'Let some go, or put a proxy between.');
