import { once } from 'node:events';
import {
  type Position,
  pbxStream,
  position,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
  START,
} from '@rollcall/channel';
import { replay, replayOpen, type Told, tell } from '@rollcall/projector';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histories, logOf } from '../support/history.ts';

/** A log that has ended: whoever follows it gets what there is. */
const ended = (events: RecordedEvent[]) => {
  const log = logOf(events);
  return { ...log, subscribe: (after: Position) => log.readAll(after) } as never;
};

const toldFrom = async (events: RecordedEvent[], after: number): Promise<Told[]> => {
  const all: Told[] = [];
  for await (const batch of tell(ended(events), position(after), new AbortController().signal)) all.push(...batch);
  return all;
};

describe('what happened is told event by event', () => {
  test('so that whoever begins anywhere comes to the list that the log says', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(), async (events, chance) => {
        const after = events.length === 0 ? START : position(chance % (events.length + 1));
        const list = new Map((await replayOpen(ended(events), after)).entries());
        let last: number = after;
        for (const { event, before, after: now } of await toldFrom(events, after)) {
          expect(event.position).toBeGreaterThan(last);
          last = event.position;
          expect(before).toEqual(list.get(event.stream));
          if (now) list.set(event.stream, now);
          else list.delete(event.stream);
        }
        const whole = new Map((await replay(ended(events))).entries());
        expect(new Map([...list].sort())).toEqual(new Map([...whole].sort()));
      }),
      { numRuns: 300 },
    );
  });

  test('an event that changed nothing is not told, and every other is told once', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (events) => {
        const told = (await toldFrom(events, START)).map(({ event }) => event.position);
        expect(new Set(told).size).toBe(told.length);
        const readable = events.filter(({ type }) => type !== 'Unreadable').map(({ stream }) => stream);
        const broken = new Set(events.filter(({ type }) => type === 'Unreadable').map(({ stream }) => stream));
        const due = events.filter(({ stream }) => readable.includes(stream) && !broken.has(stream));
        expect(due.every(({ position: at }) => told.includes(at))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

/** Work by turns, and whether some is under way. */
const counted = () => {
  const seen = { done: 0, isUnderWay: false };
  const turn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    seen.isUnderWay = true;
    const result = await work();
    seen.isUnderWay = false;
    seen.done++;
    return result;
  };
  return { seen, turn };
};

describe('by turns', () => {
  const connected = (at: number): RecordedEvent => ({
    ...{
      stream: pbxStream('a'),
      revision: revision(at - 1),
      position: position(at),
      id: `${at}`,
      time: at,
      recorded: at,
    },
    ...{ pbx: 'a', boot: 0, source: 'ami', schema: SCHEMA_VERSION, type: 'PbxConnected', data: { source: 'ami' } },
  });
  /** The log waits behind its end until the feed is over. */
  const waiting = (events: RecordedEvent[]) => {
    const log = logOf(events);
    const subscribe = async function* (after: Position, signal: AbortSignal) {
      yield* log.readAll(after);
      await once(signal, 'abort');
    };
    return { ...log, subscribe } as never;
  };

  test('what there is is folded in them, and what is to come is not waited for in one', async () => {
    const { seen, turn } = counted();
    const ending = new AbortController();
    const log = waiting([1, 2, 3].map(connected));
    const feed = tell(log, position(1), ending.signal, turn)[Symbol.asyncIterator]();
    expect((await feed.next()).value?.map(({ event }: Told) => event.position)).toEqual([2, 3]);
    expect(seen).toEqual({ done: 2, isUnderWay: false });
    const next = feed.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual({ done: 2, isUnderWay: false });
    ending.abort();
    expect((await next).done).toBe(true);
  });

  test('nothing is folded for who is gone before', async () => {
    const { seen, turn } = counted();
    const log = { readOpen: () => expect.unreachable(), subscribe: () => expect.unreachable() } as never;
    for await (const _ of tell(log, position(1), AbortSignal.abort(), turn)) expect.unreachable();
    expect(seen.done).toBe(1);
  });
});
