import type { Socket } from 'node:net';
import type { ChannelList, Observation } from '@rollcall/channel';
import type { Cancel, World } from '@rollcall/clock';
import type { RollcallError } from '@rollcall/errors';
import { pbxError } from '../errors.ts';
import { type Action, encodeAction } from './action.ts';
import type { FinishedList } from './lists.ts';
import { createAmiObserver } from './observer.ts';
import { type AmiResponse, parseResponse } from './response.ts';
import { reason } from './socket.ts';

/** A connection to an AMI: what is asked over it, and what comes back. */
export type AmiSession = {
  /** @throws PBX_NO_ANSWER, PBX_CONNECTION_LOST */
  ask(action: Action): Promise<AmiResponse>;
  /**
   * Asks for a list. Resolves with the refusal, or once the list is whole, and observed where that was asked for.
   * @throws PBX_NO_ANSWER, PBX_CONNECTION_LOST
   */
  askList(action: Action, options: { observed: boolean }): Promise<ChannelList | AmiResponse>;
  /** Bytes that came since the last call of this. */
  bytesHeard(): number;
  /** Ends it at once. `why` becomes what `closed` says. */
  abandon(why: RollcallError): void;
  /** Says goodbye, and ends it. */
  close(): void;
  closed: Promise<RollcallError>;
};

export type SessionOptions = {
  where: string;
  world: Pick<World, 'clock' | 'scheduler'>;
  variables: readonly string[];
  answerTimeoutMs: number;
  listTimeoutMs: number;
  observe: (batch: Observation[]) => void;
};

type Waiting<T> = { resolve: (value: T) => void; reject: (error: RollcallError) => void; cancel: Cancel };
type WaitingList = Waiting<ChannelList | AmiResponse> & { observed: boolean };

const GOODBYE_MS = 1000;

/** `greeting`: the bytes that were read from the socket already. */
export const startSession = (socket: Socket, greeting: Buffer, options: SessionOptions): AmiSession => {
  const { where, world, answerTimeoutMs, listTimeoutMs } = options;
  const answers = new Map<string, Waiting<AmiResponse>>();
  const lists = new Map<string, WaitingList>();
  let heard = 0;
  let asked = 0;
  let ended: RollcallError | undefined;
  let why: RollcallError | undefined;
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<RollcallError>();

  const onResponse = (bytes: Buffer, start: number, end: number): void => {
    const response = parseResponse(bytes, start, end);
    const actionId = response.get('ActionID') ?? '';
    if (!lists.has(actionId)) settle(answers, actionId, response);
    // A Success only announces the list; a refusal is all that comes.
    else if (response.response !== 'Success') settle(lists, actionId, response);
  };

  const onList = ({ actionId, list }: FinishedList): ChannelList | undefined => {
    const observed = lists.get(actionId)?.observed ?? false;
    settle(lists, actionId, list);
    return observed ? list : undefined;
  };

  const observer = createAmiObserver({ variables: options.variables, onResponse, onList });

  const receive = (chunk: Buffer): void => {
    heard += chunk.length;
    const batch = observer.push(chunk, world.clock.now());
    if (batch.length > 0) options.observe(batch);
  };

  const send = <T, W extends Waiting<T>>(
    action: Action,
    waiting: Map<string, W>,
    timeoutMs: number,
    entry: (waiting: Waiting<T>) => W,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const actionId = `rollcall-${++asked}`;
      const cancel = world.scheduler.after(timeoutMs, () => {
        waiting.delete(actionId);
        reject(pbxError.noAnswer(where, action.Action));
      });
      waiting.set(actionId, entry({ resolve, reject, cancel }));
      socket.write(encodeAction(action, actionId));
    });

  const onClose = (): void => {
    ended = why ?? pbxError.lost(where, 'the PBX closed it');
    for (const { reject, cancel } of [...answers.values(), ...lists.values()]) {
      cancel();
      reject(ended);
    }
    answers.clear();
    lists.clear();
    resolveClosed(ended);
  };

  const abandon = (error: RollcallError): void => {
    why ??= error;
    socket.destroy();
  };

  socket.on('data', receive);
  socket.on('error', (error) => {
    why ??= pbxError.lost(where, reason(error));
  });
  socket.on('close', onClose);
  receive(greeting);
  socket.resume();

  return {
    ask: (action) => send(action, answers, answerTimeoutMs, (waiting: Waiting<AmiResponse>) => waiting),
    askList: (action, { observed }) =>
      send(action, lists, listTimeoutMs, (waiting: Waiting<ChannelList | AmiResponse>) => ({ ...waiting, observed })),
    bytesHeard: () => {
      const since = heard;
      heard = 0;
      return since;
    },
    abandon,
    close: () => {
      if (ended || why) return;
      why = pbxError.lost(where, 'Rollcall closed it');
      socket.end(encodeAction({ Action: 'Logoff' }, 'rollcall-logoff'));
      world.scheduler.after(GOODBYE_MS, () => socket.destroy());
    },
    closed,
  };
};

const settle = <T>(waiting: Map<string, Pick<Waiting<T>, 'resolve' | 'cancel'>>, actionId: string, value: T): void => {
  const entry = waiting.get(actionId);
  if (!entry) return;
  waiting.delete(actionId);
  entry.cancel();
  entry.resolve(value);
};
