import type { Cancel, Scheduler } from '@rollcall/clock';

/** What is needed of a websocket. */
export type PingSocket = {
  on(event: 'pong' | 'message', listener: () => void): unknown;
  ping(): void;
};

/**
 * Notices a peer that has gone without a word: pings when a socket has been open for `every` milliseconds, again and again, and
 * reports it dead when nothing at all has come for `deadline` milliseconds after a ping.
 */
export const keepAlive = (
  socket: PingSocket,
  scheduler: Scheduler,
  { every, deadline }: { every: number; deadline: number },
  dead: (why: string) => void,
): Cancel => {
  let heard = false;
  const hear = () => {
    heard = true;
  };
  socket.on('pong', hear);
  socket.on('message', hear);

  let cancel: Cancel;
  const wait = () => {
    cancel = scheduler.after(every, () => {
      heard = false;
      socket.ping();
      cancel = scheduler.after(deadline, () => {
        if (heard) wait();
        else dead(`it did not answer a ping within ${deadline / 1000} s`);
      });
    });
  };
  wait();
  return () => cancel();
};
