import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Scheduler } from '@rollcall/clock';
import type { Turn } from '../turns.ts';

/** What is put into one write. */
const PIECE = 64 * 1024;
/** How long a client may take to read what stands before it. Asterisk's own default is 100 ms. */
const PATIENCE_MS = 10_000;

/**
 * Writes texts one after the other, each whole before the next begins, and no faster than they are read. A client that does not read
 * is cut off.
 * @param turn each piece is made through it: an answer may be long, and is made as it is taken
 */
export const createWriter = (
  socket: Duplex,
  scheduler: Scheduler,
  turn: Turn,
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
    const rest = pieces(texts);
    for (;;) {
      const { done, value } = await turn(() => rest.next());
      if (done || socket.destroyed) return;
      await put(value);
    }
  };

  return (texts) => {
    last = last.then(() => write(texts));
    return last;
  };
};

function* pieces(texts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}
