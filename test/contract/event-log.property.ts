import { type NewEvent, revision, START } from '@rollcall/channel';
import { type EventLog, type ExpectedRevision, WrongExpectedRevision } from '@rollcall/event-log';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { created, destroyed, state, streamOf } from './event-log.events.ts';
import type { EventLogFactory } from './event-log.factory.ts';
import { memoryModel, openStreams } from './event-log.model.ts';
import { asAppended, collect } from './event-log.reader.ts';

/** One append: to its stream as it stands, or off by `off`; or the stream's last append once more. */
type Step = { stream: number; off: number; again: boolean; events: ('created' | 'state' | 'destroyed')[] };

const STREAMS = 6;

const step: fc.Arbitrary<Step> = fc.record({
  stream: fc.nat(STREAMS - 1),
  off: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: 2 }) }),
  again: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  events: fc.array(fc.constantFrom('created', 'state', 'destroyed'), { minLength: 1, maxLength: 4 }),
});

/** Rounds of concurrent appends, each to a stream of its own: then the order among them does not change what must come of it. */
const rounds = fc.array(fc.uniqueArray(step, { selector: ({ stream }) => stream, minLength: 1, maxLength: STREAMS }), {
  maxLength: 12,
});

const make = { created: () => created(), state: () => state(6), destroyed };

type Append = { name: string; expected: ExpectedRevision; events: NewEvent[] };

const expectSame = async (log: EventLog, model: ReturnType<typeof memoryModel>): Promise<void> => {
  const all = await collect(log.readAll(START));
  const names = model.names();
  expect(all).toHaveLength(names.reduce((sum, name) => sum + model.stream(name).length, 0));
  for (const [index, event] of all.entries()) expect(event.position).toBeGreaterThan(all[index - 1]?.position ?? START);
  for (const name of names) {
    const stream = all.filter((event) => event.stream === name);
    expect(stream.map(asAppended)).toEqual(model.stream(name));
    expect(stream.map((event) => event.revision)).toEqual(stream.map((_, index) => index));
    expect(await collect(log.readStream(name))).toEqual(stream);
  }
  const open = openStreams(all, Number.POSITIVE_INFINITY);
  const heads = await log.heads([...names, streamOf('never')]);
  expect(heads).toEqual(
    new Map(names.map((name) => [name, { revision: model.stream(name).length - 1, closed: !open.has(name) }])),
  );
  for (const at of [START, ...all.map(({ position }) => position)]) {
    const yielded = await collect(log.readOpen(at));
    const streams = [...new Set(yielded.map(({ stream }) => stream))];
    for (const name of openStreams(all, at)) expect(streams).toContain(name);
    expect(yielded).toEqual(
      streams.flatMap((name) => all.filter(({ stream, position }) => stream === name && position <= at)),
    );
  }
};

/** Any appends, right and wrong, in any interleaving, leave the log as they leave the model. */
export const eventLogProperty = (factory: EventLogFactory): void => {
  test('any interleaving of appends, wrong ones and retries leaves what a model in memory holds', async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async (rounds) => {
        const log = await factory.open();
        const model = memoryModel();
        const latest = new Map<string, Append>();
        for (const round of rounds) {
          const appends = round.map(({ stream, off, again, events }): Append => {
            const name = streamOf(`${stream}`);
            const earlier = latest.get(name);
            if (again && earlier) return earlier;
            const at = model.stream(name).length - 1 + off;
            return { name, expected: at < 0 ? 'none' : revision(at), events: events.map((event) => make[event]()) };
          });
          const wanted = appends.map(({ name, expected, events }) => model.append(name, expected, events));
          const outcomes = await Promise.all(
            appends.map(({ name, expected, events }) =>
              log.append(name, expected, events).then(
                (appended) => appended.revision,
                (error: unknown) =>
                  error instanceof WrongExpectedRevision ? ('wrong' as const) : Promise.reject(error),
              ),
            ),
          );
          expect(outcomes).toEqual(wanted);
          for (const [index, append] of appends.entries()) {
            if (outcomes[index] !== 'wrong') latest.set(append.name, append);
          }
        }
        await expectSame(log, model);
        await log.close();
      }),
      { numRuns: 60 },
    );
  });
};
