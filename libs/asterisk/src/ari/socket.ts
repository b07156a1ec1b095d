import type { Scheduler } from '@rollcall/clock';
import type { RollcallError } from '@rollcall/errors';
import WebSocket from 'ws';
import { pbxError } from '../errors.ts';
import { answerFailure, networkFailure } from './failure.ts';
import { keepAlive } from './keep-alive.ts';
import { answered } from './rest.ts';
import type { AriTarget } from './target.ts';

export type EventSocketOptions = {
  target: AriTarget;
  app: string;
  scheduler: Scheduler;
  /** Milliseconds for the socket to open. */
  deadline: number;
  /** Milliseconds between pings, and for the answer to one. */
  ping: { every: number; deadline: number };
  message: (text: string) => void;
  /** The socket is gone; said once, also when it never opened. */
  ended: (reason: RollcallError) => void;
};

export type EventSocket = {
  /** Resolves once Asterisk has accepted the application: every event from then on comes to `message`. */
  opened: Promise<void>;
  close(): void;
};

const MESSAGE_LIMIT = 1024 * 1024;
const GOODBYE_MS = 1000;

/** The websocket on which Asterisk sends the events of all channels to an ARI application. */
export const openEventSocket = (options: EventSocketOptions): EventSocket => {
  const { target, app, scheduler } = options;
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const query = `app=${encodeURIComponent(app)}&subscribeAll=true`;
  const socket = new WebSocket(`${target.secure ? 'wss' : 'ws'}://${authority}${target.path}/events?${query}`, {
    headers: { Authorization: target.authorization },
    ca: target.ca,
    maxPayload: MESSAGE_LIMIT,
    perMessageDeflate: false,
    // One odd byte in a caller's name must not cost the connection.
    skipUTF8Validation: true,
  });

  let over = false;
  const end = (reason: RollcallError) => {
    if (over) return;
    over = true;
    cancelDeadline();
    stopPings();
    options.ended(reason);
    socket.terminate();
  };
  const cancelDeadline = scheduler.after(options.deadline, () =>
    end(pbxError.noAnswer(target.where, 'the opening of its event socket')),
  );
  let stopPings = () => {};

  const opened = new Promise<void>((resolve) => {
    socket.on('open', () => {
      cancelDeadline();
      stopPings = keepAlive(socket, scheduler, options.ping, (why) => end(pbxError.lost(target.where, why)));
      resolve();
    });
  });
  socket.on('message', (data) => {
    if (!over) options.message(data.toString());
  });
  socket.on('unexpected-response', (_request, response) => {
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.on('end', () => end(answerFailure(target, answered(response, Buffer.concat(pieces)))));
    response.on('error', (error) => end(networkFailure(target, error)));
  });
  socket.on('error', (error) => {
    end(socket.readyState === WebSocket.CONNECTING ? networkFailure(target, error) : lost(target, error.message));
  });
  socket.on('close', (code, reason) => end(lost(target, closing(code, reason.toString()))));

  return {
    opened,
    close() {
      if (over) return;
      over = true;
      cancelDeadline();
      stopPings();
      socket.close(1000);
      scheduler.after(GOODBYE_MS, () => socket.terminate());
    },
  };
};

const lost = ({ where }: AriTarget, why: string): RollcallError => pbxError.lost(where, why);

/** Codes of RFC 6455; 1006 is ws's own for a connection that broke off without a word. */
const closing = (code: number, reason: string): string =>
  code === 1006 ? 'it broke off' : `Asterisk closed it (websocket code ${code}${reason ? `, ${reason}` : ''})`;
