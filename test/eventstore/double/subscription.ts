import type { Node } from './node.ts';
import { allPosition, filterOf, type ReadOptions } from './read.ts';
import type { Responses } from './responses.ts';
import type { StoredEvent } from './store.ts';
import { caughtUpResponse, checkpointResponse, confirmationResponse, eventResponse } from './wire.ts';

const PAGE = 32;
const LIVE_BUFFER = 32;

/** What comes live: numbered before the buffer, so that whoever takes it out sees what the buffer had to drop. */
type Live = { number: number; event: StoredEvent } | { number: number; checkpoint: number };

/**
 * A subscription to `$all`: confirmation, catch-up in pages, CaughtUp, live. The live buffer drops its oldest, upon which the
 * subscription falls back to catch-up, without gaps. A checkpoint comes for each `interval` events considered, and on going live.
 */
export const subscribeToAll = async (node: Node, options: ReadOptions, out: Responses): Promise<void> => {
  const { store } = node;
  const filter = options.getFilter();
  const matches = filterOf(options);
  const window = filter?.hasMax() ? filter.getMax() : PAGE;
  const interval = filter ? window * filter.getCheckpointintervalmultiplier() : Number.POSITIVE_INFINITY;
  const live = liveFeed(node, matches, interval);
  out.gone.addEventListener('abort', live.close);
  await out.send(confirmationResponse());
  let checkpoint = options.getAll()?.hasEnd() ? store.end() : allPosition(node, options);
  /** The event that stands at the place asked for was seen by whoever asks. */
  let after = checkpoint;

  const catchUp = async (): Promise<void> => {
    let considered = 0;
    for (let next = checkpoint; ; ) {
      const page = store.pageForwards(next, matches, PAGE, window);
      for (const event of page.events) {
        if (event.position <= after) continue;
        await out.send(eventResponse(event));
        after = event.position;
        checkpoint = event.position;
      }
      checkpoint = Math.max(checkpoint, next < page.next ? next : checkpoint);
      considered += page.considered;
      if (page.end || considered >= interval) {
        considered %= interval;
        if (filter && checkpoint > 0) await out.send(checkpointResponse(checkpoint));
      }
      if (page.end) return;
      next = page.next;
    }
  };

  const goLive = async (): Promise<void> => {
    await out.send(caughtUpResponse());
    while (!out.gone.aborted) {
      const { item, dropped } = await live.next(out.gone);
      if (!item) return;
      if ('event' in item && item.event.position <= after) continue;
      if ('checkpoint' in item && item.checkpoint < checkpoint) continue;
      if (dropped) {
        if (filter) await out.send(checkpointResponse(checkpoint));
        return;
      }
      if ('event' in item) {
        await out.send(eventResponse(item.event));
        after = item.event.position;
        checkpoint = after;
      } else {
        checkpoint = item.checkpoint;
        await out.send(checkpointResponse(checkpoint));
      }
    }
  };

  try {
    while (!out.gone.aborted) {
      await catchUp();
      await goLive();
    }
  } finally {
    live.close();
  }
};

const liveFeed = ({ store }: Node, matches: (event: StoredEvent) => boolean, interval: number) => {
  const buffer: Live[] = [];
  let number = 0;
  let taken = 0;
  let considered = 0;
  let wake = (): void => {};
  const add = (what: { event: StoredEvent } | { checkpoint: number }): void => {
    number += 1;
    buffer.push({ number, ...what });
    if (buffer.length > LIVE_BUFFER) buffer.shift();
    wake();
  };
  const close = store.listen((event) => {
    considered += 1;
    if (matches(event)) add({ event });
    if (considered < interval) return;
    considered = 0;
    add({ checkpoint: event.position });
  });
  return {
    close,
    /** The next that the buffer still has; `dropped`: something before it was not kept. */
    next: async (gone: AbortSignal): Promise<{ item: Live | undefined; dropped: boolean }> => {
      while (buffer.length === 0 && !gone.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          gone.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      const item = buffer.shift();
      const dropped = item !== undefined && item.number !== taken + 1;
      taken = item?.number ?? taken;
      return { item, dropped };
    },
  };
};
