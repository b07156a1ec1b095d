import type { WebSocket } from 'ws';

/** Bytes that may wait for all websockets together, as ws counts them; what it keeps beside them is about half as much. */
const TOGETHER = 256 * 1024 * 1024;

export type Behind = {
  /** After something was sent: whether too much waits for this one, or for all and more than its share for this one. */
  isTooFar: (socket: Pick<WebSocket, 'bufferedAmount'>) => boolean;
  /** It is closed, and nothing waits for it any more. */
  left: (socket: Pick<WebSocket, 'bufferedAmount'>) => void;
};

/** What waits for websockets that do not read: a limit for each alone would be none for a thousand of them. */
export const createBehind = (each: number, together = TOGETHER): Behind => {
  const waiting = new Map<object, number>();
  let total = 0;
  return {
    isTooFar: (socket) => {
      const { bufferedAmount } = socket;
      total += bufferedAmount - (waiting.get(socket) ?? 0);
      waiting.set(socket, bufferedAmount);
      return bufferedAmount > each || (total > together && bufferedAmount > together / waiting.size);
    },
    left: (socket) => {
      total -= waiting.get(socket) ?? 0;
      waiting.delete(socket);
    },
  };
};
