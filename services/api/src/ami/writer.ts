import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Scheduler } from '@rollcall/clock';

/** What is put into one write. */
const PIECE = 64 * 1024;
/** How long a client may take to read what stands before it. Asterisk's own default is 100 ms. */
const PATIENCE_MS = 10_000;

/**
 * Writes texts one after the other, each whole before the next begins, and no faster than they are read. A client that does not read
 * is cut off.
 * @param turn waits between two pieces where others have waited for long enough
 */
export const createWriter = (
  socket: Duplex,
  scheduler: Scheduler,
  turn: () => Promise<void>,
): ((texts: Iterable<string>) => Promise<void>) => {
  let last: Promise<void> = Promise.resolve();

  const put = async (text: string): Promise<void> => {
    if (socket.destroyed || text === '' || socket.write(text)) return;
    const waited = new AbortController();
    const giveUp = scheduler.after(PATIENCE_MS, () => socket.destroy());
    const signal = { signal: waited.signal };
    try {
      await Promise.race([once(socket, 'drain', signal), once(socket, 'close', signal)]);
    } catch {
      // It broke while waiting: whoever reads the socket hears of it.
    } finally {
      giveUp();
      waited.abort();
    }
  };

  const write = async (texts: Iterable<string>): Promise<void> => {
    let piece = '';
    for (const text of texts) {
      piece += text;
      if (piece.length < PIECE) continue;
      await put(piece);
      piece = '';
      await turn();
      if (socket.destroyed) return;
    }
    await put(piece);
    await turn();
  };

  return (texts) => {
    last = last.then(() => write(texts));
    return last;
  };
};
