import type { Duplex } from 'node:stream';
import type { Access } from '@rollcall/access';
import type { Clock, Scheduler } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import type { Told } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';
import type { Logger } from 'pino';
import type { Hub } from '../hub.ts';
import type { Turn } from '../turns.ts';
import { AMI_VERSION } from './core-status.ts';
import { createDialogue, type DialogueOptions, type Reply } from './dialogue.ts';
import type { AmiEvent } from './events.ts';
import { createRequestReader } from './requests.ts';
import { createWriter } from './writer.ts';

export type SessionOptions = DialogueOptions & {
  login: Access['ami'];
  /** Whether a login that was accepted still holds. */
  holds: Access['holds'];
  hub: Hub;
  cache: CacheReader;
  /** The events of a batch, made once for all sessions. */
  said: (told: readonly Told[]) => readonly AmiEvent[];
  /** Milliseconds in which a client has to log in. */
  loginWithin: number;
  clock: Clock;
  scheduler: Scheduler;
  /** Of all sessions: see createTurns. */
  turn: Turn;
  /** The same for what their filters cost: nobody's answer waits for that. */
  filtering: Turn;
  /** Told who logs in (`debug`), and of whom that is refused or who is cut off since he does not read (`info`). */
  logger: Pick<Logger, 'debug' | 'info'> | undefined;
};

/** As long as Asterisk keeps a client waiting whose login it refuses. */
const REFUSAL_DELAY_MS = 1000;
/** How long an event waits for the list to show what it tells. */
const LIST_BEHIND_MS = 1000;
const LOOK_AGAIN_MS = 2;

/**
 * Serves one client until either side ends the connection. Never throws: whatever breaks ends this connection, and no other.
 * @param onLogin told once the client has logged in
 */
export const serveSession = async (
  socket: Duplex,
  address: string,
  options: SessionOptions,
  onLogin: () => void,
): Promise<void> => {
  const { hub, login, scheduler, clock, cache, logger } = options;
  const dialogue = createDialogue(options);
  const reader = createRequestReader();
  const send = createWriter(socket, scheduler, options.turn);
  const ended = new AbortController();
  socket.on('error', () => socket.destroy());
  socket.once('close', () => ended.abort());
  const tooLate = scheduler.after(options.loginWithin, () => socket.destroy());

  /** A user who was taken out, or has another secret now, is cut off. */
  const isStillAllowed = (): boolean => {
    const { identity } = dialogue;
    if (identity === undefined || options.holds(identity)) return true;
    socket.destroy();
    return false;
  };

  const tellEvents = async (batches: AsyncIterable<readonly Told[]>): Promise<void> => {
    try {
      for await (const told of batches) {
        const position = told.at(-1)?.event.position ?? 0;
        // Whoever asks for the list upon an event finds in it what the event said.
        const until = clock.monotonic() + LIST_BEHIND_MS;
        while (cache.checkpoint < position && clock.monotonic() < until && !ended.signal.aborted) {
          await scheduler.sleep(LOOK_AGAIN_MS, ended.signal);
        }
        if (!isStillAllowed()) return;
        const texts: string[] = [];
        for (const event of options.said(told)) {
          // What clients' filters cost is for those to wait who have some, one event after the other, until they are too far behind.
          const wanted = dialogue.hasFilters
            ? await options.filtering(() => dialogue.wants(event))
            : dialogue.wants(event);
          if (wanted) texts.push(event.text);
        }
        await send(texts);
      }
    } catch (error) {
      // Too slow, or Rollcall is stopping: the client connects again and asks for the list.
      if (isRollcallError(error))
        logger?.info({ address, user: dialogue.identity?.name || undefined, code: error.code }, 'AMI: cut off');
      socket.destroy();
    }
  };

  const decide = async ({ attempt, loggedIn, refused }: Extract<Reply, { kind: 'login' }>): Promise<void> => {
    try {
      const identity = await login(attempt, address);
      tooLate();
      onLogin();
      logger?.debug({ address, user: identity.name || undefined }, 'AMI: logged in');
      // From before the answer on: nothing is missing between the two.
      const batches = hub.join(ended.signal);
      await send([loggedIn(identity)]);
      void tellEvents(batches);
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      // Not the name that was shown: it may be a secret, typed in the wrong place.
      logger?.info({ address, code: error.code }, 'AMI: login refused');
      await scheduler.sleep(REFUSAL_DELAY_MS, ended.signal);
      await send([refused()]);
      socket.end();
    }
  };

  await send([`Asterisk Call Manager/${AMI_VERSION}\r\n`]);
  try {
    // Left without being destroyed: over TLS what was said last would be lost with it.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      for (const request of reader.push(chunk)) {
        if (!isStillAllowed()) return;
        const reply = dialogue.receive(request);
        if (reply.kind === 'login') await decide(reply);
        else await send(reply.texts);
        const isOver = socket.writableEnded || (reply.kind === 'send' && reply.thenClose);
        if (!isOver) continue;
        socket.end();
        return;
      }
    }
  } catch {
    // The connection broke.
  } finally {
    tooLate();
    ended.abort();
    // What was said last still goes out; then nothing is waited for.
    if (socket.writableEnded) scheduler.after(REFUSAL_DELAY_MS, () => socket.destroy());
    else socket.destroy();
  }
};
