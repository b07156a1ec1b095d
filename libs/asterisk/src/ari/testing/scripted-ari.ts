import { EventEmitter, once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export type Answer = { status?: number; server?: string; body: unknown };

/** What a scripted ARI does. */
export type Script = {
  /** By path after `/ari`; a function may keep the request waiting. */
  answers: Record<string, Answer | (() => Answer | Promise<Answer>)>;
  /** The event socket is refused with 401. */
  refuseSocket?: boolean;
  /** The event socket leaves pings unanswered, as a peer that is gone. */
  noPong?: boolean;
  tls?: { key: string; cert: string };
};

export const USER = 'rollcall';
export const SECRET = 'hush:?/%';
export const APP = 'rollcall-1';

export const application = (...channel_ids: string[]) => ({
  name: APP,
  channel_ids,
  bridge_ids: [],
  endpoint_ids: [],
  device_names: [],
  events_allowed: [],
  events_disallowed: [],
});
export const NO_APPLICATION: Answer = { status: 404, body: { message: 'Application not found' } };
export const ALL = application('__AST_CHANNEL_ALL_TOPIC');

/** As 22.10.1 answers when no application of that name was there before. */
export const healthy = (): Script['answers'] => {
  let asked = 0;
  return {
    [`/applications/${APP}`]: () => (asked++ === 0 ? NO_APPLICATION : { body: ALL }),
    '/asterisk/info?only=status,system': {
      body: { system: { version: '22.10.1' }, status: { startup_time: '2026-11-22T17:36:09.920+0000' } },
    },
    '/channels': { body: [] },
  };
};

/** An HTTP and websocket server on loopback that behaves as ARI does, but for what the script says. */
export const scriptedAri = async ({ answers, refuseSocket, noPong, tls }: Script) => {
  const requests: { url: string; authorization: string | undefined }[] = [];
  const sockets = new EventEmitter<{ socket: [WebSocket] }>();
  let socket: WebSocket | undefined;

  const serve: http.RequestListener = async ({ url = '', headers }, response) => {
    requests.push({ url, authorization: headers.authorization });
    const scripted = answers[url.replace(/^\/ari/, '')] ?? { status: 404, body: { message: 'Resource not found' } };
    const { status = 200, server = 'scripted', body } = typeof scripted === 'function' ? await scripted() : scripted;
    const isText = typeof body === 'string';
    response.writeHead(status, {
      'Content-Type': isText ? 'text/html' : 'application/json',
      Connection: 'close',
      Server: server,
    });
    response.end(isText ? body : JSON.stringify(body));
  };
  const server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  const websockets = new WebSocketServer({ noServer: true, autoPong: !noPong });
  server.on('upgrade', (request, stream, head) => {
    requests.push({ url: request.url ?? '', authorization: request.headers.authorization });
    if (refuseSocket) {
      stream.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n{"message":"Authentication required"}');
      return;
    }
    websockets.handleUpgrade(request, stream, head, (opened) => {
      socket = opened;
      sockets.emit('socket', opened);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    /** The event socket of the client, once there is one. */
    socket: async (): Promise<WebSocket> => socket ?? (await once(sockets, 'socket'))[0],
    send: async (event: unknown) => (socket ?? (await once(sockets, 'socket'))[0]).send(JSON.stringify(event)),
    [Symbol.asyncDispose]: async () => {
      socket?.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
