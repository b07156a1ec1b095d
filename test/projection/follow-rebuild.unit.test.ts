import { position, type RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { createCounters, createTurnstile, project, rebuild, replay, takeOver } from '@rollcall/projector';
import { createMemoryCache, digest } from '@rollcall/state-cache';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { histories, logOf } from '../support/history.ts';

const log = (events: readonly RecordedEvent[]): EventLog => logOf(events) as EventLog;

/** A list that others follow, of a log that may be ahead of it. */
const followed = async (events: readonly RecordedEvent[], upTo: number) => {
  const live = await replay(log(events), position(upTo));
  const follower = await replay(log(events), position(upTo));
  return { live, follower, committed: follower.commit };
};

test('whoever follows the changes misses none when a generation takes over, however far the log is ahead', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), fc.nat(), async (events, chance, other) => {
      const { live, follower, committed } = await followed(events, chance % (events.length + 1));
      const next = await replay(log(events), position(Math.min(other % (events.length + 1), live.checkpoint)));
      const found = await takeOver({ log: log(events), live, next, committed });
      expect(found).toEqual([]);
      expect(digest(live)).toBe(digest(await replay(log(events))));
      expect(digest(follower)).toBe(digest(live));
    }),
    { numRuns: 200 },
  );
});

test('whoever follows the changes misses none during a rebuild, fast or full, while the log grows', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      fc.nat(),
      fc.constantFrom('open' as const, 'full' as const),
      async (events, chance, path) => {
        const begun = events.slice(0, 1 + (chance % events.length));
        const rest = events.slice(begun.length);
        const { live, follower, committed } = await followed(begun, begun.length);
        const turnstile = createTurnstile();
        const growing = log(begun);
        // Written at once, and taken into the list only when its turn comes.
        const add = (): void => {
          const batch = rest.splice(0, 3);
          begun.push(...batch);
          void turnstile(async () => {
            const changes = await project(growing, live, batch, createCounters());
            if (changes) committed(changes);
          });
        };
        await rebuild({ log: growing, live, turnstile, path, committed, progress: add });
        await turnstile(async () => {});
        expect(digest(live)).toBe(digest(await replay(growing)));
        expect(digest(follower)).toBe(digest(live));
      },
    ),
    { numRuns: 200 },
  );
});

test('what a rebuild repairs is told, once, in the step in which it takes over', async () => {
  const [events = []] = fc.sample(
    histories.filter((all) => (all.at(-1)?.revision ?? 0) > 0),
    1,
  );
  const live = createMemoryCache();
  live.commit({ ...NOTHING, checkpoint: position(events.length) });
  const told: number[] = [];
  const { repaired } = await rebuild({
    log: log(events),
    live,
    turnstile: createTurnstile(),
    path: 'open',
    swapped: (found) => {
      expect(digest(live)).not.toBe(digest(createMemoryCache()));
      told.push(found.length);
    },
  });
  expect(told).toEqual([repaired.length]);
  expect(repaired.length).toBeGreaterThan(0);
});

const NOTHING = { puts: new Map(), removals: [], pbxs: [], quarantine: new Map() };
