import { Readable } from 'node:stream';
import { createTurns } from '../turns.ts';

/** From so many channels on a list takes long enough for others to notice. */
const LONG = 1_000;
/** Channels of all lists that are being sent: a hundred and sixty megabytes of references. */
const MOST_CHANNELS = 20_000_000;

export type Sending = {
  /** Makes a list of so many channels: at once, or, as lists of many take long, one after the other with everything else in between. */
  inTurn: <Made>(channels: number, make: () => Made) => Made | Promise<Made>;
  /**
   * The pieces of a list as a body, made no faster than they are read. A list is held until it is sent: where all together hold too
   * many channels, that of who has not read for the longest time is broken off.
   */
  body: (pieces: Iterable<string>, channels: number) => Readable;
};

export const createSending = (options: Parameters<typeof createTurns>[0], most = MOST_CHANNELS): Sending => {
  const turn = createTurns({ ...options, rest: 0 });
  /** In the order in which something of them was taken. */
  const held = new Map<Readable, number>();
  let total = 0;

  const leave = (body: Readable): void => {
    total -= held.get(body) ?? 0;
    held.delete(body);
  };
  const enter = (body: Readable, channels: number): void => {
    held.set(body, channels);
    total += channels;
  };

  return {
    inTurn: (channels, make) => {
      if (channels < LONG) return make();
      // What is made may itself be waited for, as a reply of Fastify is until it is sent: that is nobody else's to wait for.
      return turn(() => ({ it: make() })).then(({ it }) => it);
    },
    body: (pieces, channels) => {
      const noted = function* () {
        for (const piece of pieces) {
          if (held.has(body)) {
            leave(body);
            enter(body, channels);
          }
          yield piece;
        }
      };
      const body = Readable.from(noted(), { objectMode: false });
      enter(body, channels);
      body.once('close', () => leave(body));
      for (const one of held.keys()) {
        if (total <= most || one === body) break;
        leave(one);
        one.destroy();
      }
      return body;
    },
  };
};
