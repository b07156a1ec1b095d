// The tests' own AMI client. It judges what the PBX really says, so it shares no code with the product: what both got wrong in the
// same way would never be seen.
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { AmiAccess } from './pbx.ts';

/** The headers of one AMI block. A header that comes more than once (Output, Variable, ChanVariable) has its values joined by `\n`. */
export type Headers = Readonly<Record<string, string>>;

export interface Reply {
  readonly response: Headers;
  /** The events between the response and its Complete event; empty unless the action answers with a list. */
  readonly items: readonly Headers[];
  /** The event that closed the list. */
  readonly complete: Headers | undefined;
}

export interface Judge {
  /** `Asterisk Call Manager/11.0.0` */
  readonly banner: string;
  /** Resolves when Asterisk has said FullyBooted; rejects when the connection ends before. */
  readonly fullyBooted: Promise<void>;
  /** Resolves with the reason when the connection has ended. */
  readonly closed: Promise<string>;
  /** Sends an action and waits for its response and, where it answers with a list, for the whole list. Refusals are returned, not thrown. */
  action(headers: Headers): Promise<Reply>;
  /** The real channels (`Status`). Throws when the list is not complete. */
  status(): Promise<readonly Headers[]>;
  /** What the by-name cache lists (`CoreShowChannels`), Asterisk's own ghosts included. Throws when the list is not complete. */
  coreShowChannels(): Promise<readonly Headers[]>;
  /** Calls the listener with every event that belongs to no list. */
  onEvent(listener: (event: Headers) => void): void;
  originate(channel: string, then: Headers): Promise<Reply>;
  redirect(channel: string, exten: string): Promise<Reply>;
  blindTransfer(channel: string, exten: string): Promise<Reply>;
  atxfer(channel: string, exten: string): Promise<Reply>;
  bridge(channel1: string, channel2: string): Promise<Reply>;
  setvar(channel: string, variable: string, value: string): Promise<Reply>;
  /** `channel` is a name, or a regular expression between slashes. */
  hangup(channel: string, cause?: number): Promise<Reply>;
  close(): void;
}

interface Pending {
  response: Headers | undefined;
  readonly items: Headers[];
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

const actionTimeoutMs = 20_000;

/** Connects and logs in. Rejects with the PBX's own message when the login is refused. */
export async function connectJudge(access: AmiAccess): Promise<Judge> {
  const socket = await openSocket(access);
  const pending = new Map<string, Pending>();
  const listeners: ((event: Headers) => void)[] = [];
  // Events carry the ActionIDs of other connections too, so no two may use the same.
  const prefix = `judge-${randomUUID()}`;
  let actions = 0;
  let rest = '';
  let ended: Error | undefined;
  const closed = Promise.withResolvers<string>();
  const banner = Promise.withResolvers<string>();
  const fullyBooted = Promise.withResolvers<void>();
  // A caller who never asks whether Asterisk is booted must not be killed by an unhandled rejection.
  fullyBooted.promise.catch(() => undefined);

  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    rest += text;
    if (actions === 0) {
      const end = rest.indexOf('\r\n');
      if (end < 0) return;
      banner.resolve(rest.slice(0, end));
      rest = rest.slice(end + 2);
    }
    const blocks = rest.split('\r\n\r\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) receive(parseBlock(block));
  });
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('the PBX closed the connection'));

  function end(reason: string): void {
    const error = new Error(`AMI ${access.host}:${access.port}: ${reason}`);
    banner.reject(error);
    fullyBooted.reject(error);
    for (const waiting of pending.values()) waiting.reject(error);
    pending.clear();
    ended ??= error;
    closed.resolve(reason);
  }

  function receive(block: Headers): void {
    const id = block.ActionID ?? '';
    const waiting = pending.get(id);
    // An OriginateResponse event has a Response header too.
    if (block.Response !== undefined && block.Event === undefined) {
      if (!waiting) return;
      waiting.response = block;
      if (block.EventList?.toLowerCase() !== 'start') settle(id, waiting, undefined);
    } else if (waiting?.response) {
      if (block.EventList?.toLowerCase() === 'complete') settle(id, waiting, block);
      else waiting.items.push(block);
    } else {
      if (block.Event === 'FullyBooted') fullyBooted.resolve();
      for (const listener of listeners) listener(block);
    }
  }

  function settle(id: string, waiting: Pending, complete: Headers | undefined): void {
    pending.delete(id);
    if (waiting.response) waiting.resolve({ response: waiting.response, items: waiting.items, complete });
  }

  function action(headers: Headers): Promise<Reply> {
    if (ended) return Promise.reject(ended);
    actions += 1;
    const id = `${prefix}-${actions}`;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const timer = setTimeout(() => {
      pending.delete(id);
      reject(new Error(`AMI ${access.host}:${access.port}: no answer to ${headers.Action} in ${actionTimeoutMs} ms`));
    }, actionTimeoutMs);
    pending.set(id, { response: undefined, items: [], resolve, reject });
    const lines = Object.entries({ ...headers, ActionID: id }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${lines.join('')}\r\n`);
    return promise.finally(() => clearTimeout(timer));
  }

  async function completeList(headers: Headers): Promise<readonly Headers[]> {
    const reply = await action(headers);
    const promised = reply.complete?.ListItems;
    if (reply.response.Response !== 'Success' || promised !== String(reply.items.length)) {
      throw new Error(
        `${headers.Action}: ${reply.response.Response} ${reply.response.Message}, ${reply.items.length} of ${promised} items`,
      );
    }
    return reply.items;
  }

  const context = 'default';
  const judge: Judge = {
    banner: await banner.promise,
    fullyBooted: fullyBooted.promise,
    closed: closed.promise,
    action,
    status: () => completeList({ Action: 'Status' }),
    coreShowChannels: () => completeList({ Action: 'CoreShowChannels' }),
    onEvent: (listener) => listeners.push(listener),
    originate: (channel, then) =>
      action({ Action: 'Originate', Channel: channel, Async: 'true', Timeout: '20000', ...then }),
    redirect: (channel, exten) =>
      action({ Action: 'Redirect', Channel: channel, Context: context, Exten: exten, Priority: '1' }),
    blindTransfer: (channel, exten) =>
      action({ Action: 'BlindTransfer', Channel: channel, Context: context, Exten: exten }),
    atxfer: (channel, exten) => action({ Action: 'Atxfer', Channel: channel, Context: context, Exten: exten }),
    bridge: (channel1, channel2) => action({ Action: 'Bridge', Channel1: channel1, Channel2: channel2, Tone: 'no' }),
    setvar: (channel, variable, value) =>
      action({ Action: 'Setvar', Channel: channel, Variable: variable, Value: value }),
    hangup: (channel, cause = 16) => action({ Action: 'Hangup', Channel: channel, Cause: String(cause) }),
    close: () => socket.destroy(),
  };
  const login = await action({ Action: 'Login', Username: access.user, Secret: access.secret });
  if (login.response.Response !== 'Success') {
    socket.destroy();
    throw new Error(`AMI ${access.host}:${access.port} refused user "${access.user}": ${login.response.Message}`);
  }
  return judge;
}

function openSocket(access: AmiAccess): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(access.port, access.host, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function parseBlock(block: string): Headers {
  const headers: Record<string, string> = {};
  for (const line of block.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    headers[name] = headers[name] === undefined ? value : `${headers[name]}\n${value}`;
  }
  return headers;
}
