import { type Position, position } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import type { Told } from '@rollcall/projector';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type View, viewOf } from '../access/view.ts';
import { createHub, type Follow, type HubOptions } from '../hub.ts';
import { cacheOf } from '../testing/served.ts';
import { readFeed } from './event-feed.ts';
import { createPast } from './past.ts';

/** A log in which not every position has something to tell, after `begins`; the list may lag behind it. */
const logOf = ({
  beginsBack = false,
  begins = 0,
  ...options
}: HubOptions & { beginsBack?: boolean; begins?: number } = {}) => {
  const all: Told[] = [];
  let head = begins;
  let listed = begins;
  let lags = false;
  const wakers = new Set<() => void>();
  const follow = vi.fn<Follow>(async function* (from, signal) {
    let last: number = from ?? listed;
    const wake = { now: () => {} };
    const awaken = (): void => wake.now();
    wakers.add(awaken);
    signal.addEventListener('abort', awaken);
    while (!signal.aborted) {
      const batch = all.filter(({ event }) => event.position > last).slice(0, 1 + (last % 4));
      last = batch.at(-1)?.event.position ?? last;
      if (batch.length > 0) yield batch;
      else
        await new Promise<void>((resolve) => {
          wake.now = resolve;
        });
    }
    wakers.delete(awaken);
  });
  const begin = () => createHub(follow, { ...options, ...(beginsBack && { now: () => position(listed) }) });
  let hub = begin();
  const cache = Object.defineProperty({ ...cacheOf([], []) }, 'checkpoint', { get: () => position(listed) });
  const at = async () => ({ cache, now: 0 });
  const view = (pbxs?: string[]): View =>
    viewOf({ name: '', role: 'read', ...(pbxs && { pbxs }) }, { options: { cache, at, follow }, hub });
  return {
    ...{ follow, view },
    get hub() {
      return hub;
    },
    restart: (): void => {
      hub = begin();
    },
    /** Whether the list stays where it is from now on. */
    lag: (on: boolean): void => {
      lags = on;
      if (!on) listed = head;
    },
    head: () => position(head),
    after: (from: number) => all.filter(({ event }) => event.position > from).map(({ event }) => event.position),
    happen: (gaps: readonly number[]): void => {
      for (const gap of gaps) {
        head += gap;
        all.push(told(head));
      }
      if (!lags) listed = head;
      for (const wake of wakers) wake();
    },
    /** Something is written that tells nothing. */
    pass: (): void => {
      head += 1;
      if (!lags) listed = head;
    },
  };
};

const told = (at: number): Told =>
  ({
    event: { position: at, pbx: at % 2 ? 'a' : 'b', data: { text: 'x'.repeat(at % 50) } },
  }) as unknown as Told;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

const past = createPast({ ...systemWorld, cache: cacheOf([], []) });
const how = (oneOrder = true) => ({ oneOrder, past, drop: () => {} });

/** Reads, and keeps what it had. */
const reader = (view: View, after: Position | undefined, oneOrder = true) => {
  const leaving = new AbortController();
  const had: number[] = [];
  const feed = readFeed(view, after, leaving.signal, how(oneOrder));
  const reading = (async () => {
    for await (const batch of feed) had.push(...batch.map(({ event }) => event.position));
  })();
  return { had, reading, leave: () => leaving.abort() };
};

const gaps = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 8 });
const turn = fc.record({ is: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 5 }) });
const steps = fc.array(
  fc.oneof(
    turn,
    turn,
    fc.record({ is: fc.constant('happen' as const), gaps }),
    fc.record({ is: fc.constant('pass' as const) }),
    fc.record({ is: fc.constant('restart' as const) }),
    fc.record({ is: fc.constant('lag' as const), on: fc.boolean() }),
    fc.record({
      is: fc.constant('resume' as const),
      back: fc.integer({ min: 90, max: 1_300 }),
      narrowed: fc.boolean(),
    }),
    fc.record({ is: fc.constant('resume' as const), back: fc.nat(12), narrowed: fc.boolean() }),
    fc.record({ is: fc.constant('resume' as const), back: fc.nat(3), narrowed: fc.boolean() }),
    fc.record({ is: fc.constant('leave' as const), which: fc.nat(5) }),
  ),
  { minLength: 20, maxLength: 40 },
);

const back = (back: number) => ({ is: 'resume' as const, back, narrowed: false });
const leave = (which: number) => ({ is: 'leave' as const, which });
const some = (count: number) => ({ is: 'turns' as const, count });
const nothing = { is: 'happen' as const, gaps: [] };
const pass = { is: 'pass' as const };
/** The last reader leaves while events are under way to him, and others come before these arrive. */
const underWay = [
  ...[leave(0), back(3), pass, some(1), back(0), back(0), nothing, some(1), back(0), nothing, nothing, pass, leave(1)],
  ...[some(1), back(0), nothing, some(1), pass, back(0), leave(1), some(1), some(1)],
];

describe('a reader who resumes', () => {
  test('gets what the log says after his position, once and in order, however much of it is kept', async () => {
    let fromKept = 0;
    let fromLog = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(12), fc.nat(60_000), fc.boolean(), async (plan, events, bytes, beginsBack) => {
        const log = logOf({ kept: { events, bytes }, beginsBack, begins: 2_000 });
        log.happen(Array(1_500).fill(1));
        log.hub.stay(new AbortController().signal);
        const readers: ReturnType<typeof begin>[] = [];
        const begin = (back: number, narrowed: boolean) => {
          const after = position(Math.max(0, log.head() - back));
          return { after, narrowed, ...reader(log.view(narrowed ? ['a'] : undefined), after) };
        };
        let resume = vi.spyOn(log.hub, 'resume');
        const count = (): void => {
          for (const { value } of resume.mock.results) {
            if (value === undefined) fromLog++;
            else fromKept++;
          }
        };
        log.happen([1, 1, 1]);
        readers.push(begin(0, false));
        for (const step of plan) {
          if (step.is === 'happen') log.happen(step.gaps);
          else if (step.is === 'pass') log.pass();
          else if (step.is === 'lag') log.lag(step.on);
          else if (step.is === 'restart') {
            for (const one of readers.splice(0)) one.leave();
            count();
            log.restart();
            log.hub.stay(new AbortController().signal);
            resume = vi.spyOn(log.hub, 'resume');
          } else if (step.is === 'turns') await turns(step.count);
          else if (step.is === 'resume') readers.push(begin(step.back, step.narrowed));
          else for (const one of readers.splice(step.which, 1)) one.leave();
        }
        log.lag(false);
        log.happen([1, 1]);
        await turns(3);
        for (const { after, narrowed, had } of readers) {
          const whole = log.after(after).filter((at) => !narrowed || at % 2);
          await vi.waitFor(() => expect(had.at(-1) ?? 0).toBeGreaterThanOrEqual(whole.at(-1) ?? 0));
          expect(had).toEqual(whole);
        }
        count();
        for (const one of readers) one.leave();
      }),
      { numRuns: 400, examples: [[underWay, 0, 0, true]] },
    );
    expect(fromKept).toBeGreaterThan(100);
    expect(fromLog).toBeGreaterThan(100);
  });

  test('a thousand of them do not read the log, and share what is sent, while one place of it is kept', async () => {
    const log = logOf();
    const staying = new AbortController();
    log.hub.stay(staying.signal);
    const first = reader(log.view(), undefined);
    log.happen(Array(20).fill(1));
    await vi.waitFor(() => expect(first.had).toHaveLength(20));
    first.leave();
    log.happen(Array(20).fill(1));
    const batches = new Set<readonly Told[]>();
    const ended = new AbortController();
    for (let n = 0; n < 1_000; n++) {
      const feed = readFeed(log.view(), position(10 + (n % 10)), ended.signal, how());
      for await (const batch of feed) {
        batches.add(batch);
        if (batch.at(-1)?.event.position === 40) break;
      }
    }
    expect(log.follow.mock.calls.map(([from]) => from)).toEqual([undefined]);
    // Each batch is encoded once: their number does not grow with that of the readers.
    expect(batches.size).toBeLessThan(40);
    staying.abort();
    expect(log.hub.readers).toBe(0);
  });

  test('takes the others with him where nobody follows yet; who joins meanwhile is told only what comes', async () => {
    const log = logOf({ beginsBack: true });
    log.happen(Array(400).fill(1));
    const back = [300, 290, 300, 200].map((at) => reader(log.view(), position(at)));
    const joined = reader(log.view(), undefined);
    log.happen([1, 1]);
    const older = reader(log.view(), position(190));
    await vi.waitFor(() => expect(back.map(({ had }) => had)).toEqual([300, 290, 300, 200].map(log.after)));
    await vi.waitFor(() => expect(older.had).toEqual(log.after(190)));
    expect(joined.had).toEqual([401, 402]);
    expect(log.follow.mock.calls.map(([from]) => from)).toEqual([200, 190]);
    for (const one of [...back, joined, older]) one.leave();
  });

  test('does not have following begin where it is far, or ahead of the list', async () => {
    const log = logOf({ beginsBack: true });
    log.happen(Array(1_200).fill(1));
    for (const at of [100, 1_201]) expect(log.view().resume(position(at), AbortSignal.abort())).toBeUndefined();
    expect(log.hub.readers).toBe(0);
    expect(log.follow).not.toHaveBeenCalled();
  });

  test('goes the way of the log where positions are in no one order', async () => {
    const log = logOf();
    const first = reader(log.view(), undefined);
    log.happen([1, 1, 1, 1]);
    await vi.waitFor(() => expect(first.had).toEqual([1, 2, 3, 4]));
    const second = reader(log.view(), position(2), false);
    await vi.waitFor(() => expect(second.had).toEqual([3, 4]));
    expect(log.follow.mock.calls.map(([from]) => from)).toEqual([undefined, 2]);
    first.leave();
    second.leave();
  });
});
