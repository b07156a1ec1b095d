import { type NewEvent, type RecordedEvent, revision, START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import { type EventLog, WrongExpectedRevision } from '@rollcall/event-log';
import { afterEach, describe, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from './event-log.events.ts';
import { openStreams } from './event-log.model.ts';
import { eventLogProperty } from './event-log.property.ts';
import { collect, reader } from './event-log.reader.ts';

export type EventLogFactory = {
  /** A fresh, empty log. */
  open(): Promise<EventLog>;
  /** Closes that log and opens it again. */
  reopen?(log: EventLog): Promise<EventLog>;
  /** After each test: closes and removes what was opened. */
  cleanup(): Promise<void>;
};

/** What was appended, as it must come back. */
const asAppended = ({ stream: _, revision: __, position: ___, recorded: ____, ...event }: RecordedEvent): NewEvent =>
  event;

/** Every promise of the port, for any adapter. */
export const eventLogContract = (name: string, factory: EventLogFactory): void => {
  describe(`event log contract: ${name}`, () => {
    afterEach(() => factory.cleanup());

    const withCalls = async (log: EventLog, count: number): Promise<RecordedEvent[]> => {
      for (let call = 0; call < count; call += 1) {
        await log.append(streamOf(`call-${call}`), 'none', [created(), state(4)]);
        if (call % 2 === 0)
          await log.append(streamOf(`call-${call}`), await revisionOf(log, `call-${call}`), [destroyed()]);
      }
      return collect(log.readAll(START));
    };

    const revisionOf = async (log: EventLog, uniqueid: string) => {
      const head = (await log.heads([streamOf(uniqueid)])).get(streamOf(uniqueid));
      if (!head) throw new Error(`no stream ${uniqueid}`);
      return head.revision;
    };

    describe('append', () => {
      test('gives each event its place: revisions from 0 in the stream, rising positions in the log', async () => {
        const log = await factory.open();
        const first = await log.append(streamOf('1'), 'none', [created(), state(4)]);
        const other = await log.append(streamOf('2'), 'none', [created()]);
        const second = await log.append(streamOf('1'), first.revision, [state(6)]);
        expect([first.revision, other.revision, second.revision]).toEqual([1, 0, 2]);
        const all = await collect(log.readAll(START));
        expect(all.map(({ stream, revision }) => [stream, revision])).toEqual([
          [streamOf('1'), 0],
          [streamOf('1'), 1],
          [streamOf('2'), 0],
          [streamOf('1'), 2],
        ]);
        expect(all.map(({ position }) => position)).toEqual(
          all.map(({ position }) => position).toSorted((a, b) => a - b),
        );
        expect(new Set(all.map(({ position }) => position)).size).toBe(4);
        expect([all[1]?.position, all[2]?.position, all[3]?.position]).toEqual([
          first.position,
          other.position,
          second.position,
        ]);
      });

      test('gives back every event as it went in', async () => {
        const log = await factory.open();
        const variables = {
          empty: '',
          quote: '"\\\'',
          lines: 'a\r\nb\tc',
          text: 'Łukasz Öçñ 日本 🎉',
          nul: 'a\u0000b',
          long: 'x'.repeat(100_000),
        };
        const events = [
          asNew({
            type: 'ChannelCreated',
            data: { name: 'PJSIP/ü-1', origin: 'found', callerNumber: null, created: 0.25, variables },
          }),
          asNew({ type: 'ChannelUnheld', data: {} }, { time: 1_760_000_000_123.456, boot: 41, source: 'reconcile' }),
          asNew({ type: 'ChannelStateChanged', data: { state: -1 } }, { time: 0, source: 'ari' }),
        ];
        await log.append(streamOf('ü/1'), 'none', events);
        await log.append('pbx/pbx-a', 'none', [asNew({ type: 'PbxBooted', data: { boot: 2, evidence: 'uptime' } })]);
        const before = Date.now();
        const stream = await collect(log.readStream(streamOf('ü/1')));
        expect(stream.map(asAppended)).toEqual(events);
        const all = await collect(log.readAll(START));
        expect(all.slice(0, 3)).toEqual(stream);
        for (const { recorded } of all) expect(Math.abs(recorded - before)).toBeLessThan(60_000);
      });

      test.each([
        ['none', 'a stream that exists', 'none', 1],
        ['an old revision', 'a stream that moved on', 0, 1],
        ['a revision not reached yet', 'a stream that is shorter', 5, 1],
      ] as const)('refuses %s for %s', async (_expectation, _stream, expected, actual) => {
        const log = await factory.open();
        await log.append(streamOf('1'), 'none', [created(), state(4)]);
        const wrong = expected === 'none' ? expected : revision(expected);
        const refused = await log.append(streamOf('1'), wrong, [state(6), state(5)]).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(WrongExpectedRevision);
        expect(refused).toMatchObject({ code: 'WRONG_EXPECTED_REVISION', stream: streamOf('1'), expected, actual });
        expect(await collect(log.readStream(streamOf('1')))).toHaveLength(2);
      });

      test('refuses any revision for a stream that does not exist', async () => {
        const log = await factory.open();
        const refused = await log.append(streamOf('1'), revision(0), [state(6)]).catch((error: unknown) => error);
        expect(refused).toMatchObject({ code: 'WRONG_EXPECTED_REVISION', expected: 0, actual: 'none' });
        expect(await collect(log.readAll(START))).toEqual([]);
        expect((await log.heads([streamOf('1')])).size).toBe(0);
      });

      test('refuses an append without events', async () => {
        const log = await factory.open();
        await expect(log.append(streamOf('1'), 'none', [])).rejects.toThrow();
        await expect(log.append(streamOf('1'), 'none', [created()])).resolves.toMatchObject({ revision: 0 });
      });
    });

    describe('a retry of an append that had succeeded', () => {
      test('gives the same place and writes nothing', async () => {
        const log = await factory.open();
        const events = [created(), state(4)];
        const more = [state(5), state(6)];
        const first = await log.append(streamOf('1'), 'none', events);
        expect(await log.append(streamOf('1'), 'none', events)).toEqual(first);
        const second = await log.append(streamOf('1'), first.revision, more);
        expect(await log.append(streamOf('1'), first.revision, more)).toEqual(second);
        expect(await collect(log.readAll(START))).toHaveLength(4);
      });

      test('is known by its event ids after the stream has moved on', async () => {
        const log = await factory.open();
        const events = [created(), state(4)];
        const first = await log.append(streamOf('1'), 'none', events);
        await log.append(streamOf('1'), first.revision, [state(6), destroyed()]);
        const again = events.map((event) => structuredClone(event));
        expect(await log.append(streamOf('1'), 'none', again)).toEqual(first);
        expect(await collect(log.readAll(START))).toHaveLength(4);
      });

      test('is written once when both come at the same time', async () => {
        const log = await factory.open();
        const events = [created(), state(4)];
        const [one, two] = await Promise.all([
          log.append(streamOf('1'), 'none', events),
          log.append(streamOf('1'), 'none', events),
        ]);
        expect(one).toEqual(two);
        expect(await collect(log.readAll(START))).toHaveLength(2);
      });

      test('is refused when only part of it stands there, or other events, or in another order', async () => {
        const log = await factory.open();
        const [a, b, c, other] = [created(), state(4), state(6), state(5)];
        const first = await log.append(streamOf('1'), 'none', [a, b]);
        const refused = { code: 'WRONG_EXPECTED_REVISION' };
        await expect(log.append(streamOf('1'), 'none', [a, b, c])).rejects.toMatchObject(refused);
        await expect(log.append(streamOf('1'), 'none', [a, other])).rejects.toMatchObject(refused);
        await expect(log.append(streamOf('1'), 'none', [other, b])).rejects.toMatchObject(refused);
        await expect(log.append(streamOf('1'), 'none', [b, a])).rejects.toMatchObject(refused);
        await expect(log.append(streamOf('1'), 'none', [b])).rejects.toMatchObject(refused);
        await expect(log.append(streamOf('1'), revision(0), [b, c])).rejects.toMatchObject(refused);
        await expect(log.append(streamOf('2'), revision(0), [b])).rejects.toMatchObject(refused);
        expect(await log.append(streamOf('1'), revision(0), [b])).toEqual(first);
        expect((await collect(log.readAll(START))).map(asAppended)).toEqual([a, b]);
      });
    });

    describe('concurrent appends', () => {
      test('each succeed or fail by themselves', async () => {
        const log = await factory.open();
        await log.append(streamOf('7'), 'none', [created()]);
        const outcomes = await Promise.allSettled(
          Array.from({ length: 50 }, (_, index) => log.append(streamOf(`${index}`), 'none', [created(), state(index)])),
        );
        const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []));
        expect(failed).toEqual([7]);
        expect(outcomes[7]).toMatchObject({ reason: { code: 'WRONG_EXPECTED_REVISION', stream: streamOf('7') } });
        const all = await collect(log.readAll(START));
        expect(all).toHaveLength(1 + 49 * 2);
        for (const [index, outcome] of outcomes.entries()) {
          if (outcome.status === 'rejected') continue;
          const last = all.find(({ position }) => position === outcome.value.position);
          expect(last).toMatchObject({ stream: streamOf(`${index}`), revision: 1, data: { state: index } });
        }
      });

      test('for the same revision of a stream have one winner', async () => {
        const log = await factory.open();
        const outcomes = await Promise.allSettled(
          Array.from({ length: 8 }, (_, index) => log.append(streamOf('1'), 'none', [state(index), state(index)])),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
        const stream = await collect(log.readStream(streamOf('1')));
        expect(stream.map(({ data }) => data)).toEqual([{ state: winner }, { state: winner }]);
      });
    });

    describe('readStream', () => {
      test('yields one stream in order, from a revision on, and nothing for an unknown one', async () => {
        const log = await factory.open();
        const events = [created(), ...Array.from({ length: 20 }, (_, index) => state(index))];
        await log.append(streamOf('1'), 'none', events);
        await log.append(streamOf('10'), 'none', [created()]);
        expect((await collect(log.readStream(streamOf('1')))).map(asAppended)).toEqual(events);
        expect((await collect(log.readStream(streamOf('1'), revision(18)))).map(({ revision }) => revision)).toEqual([
          18, 19, 20,
        ]);
        expect(await collect(log.readStream(streamOf('1'), revision(21)))).toEqual([]);
        expect(await collect(log.readStream(streamOf('2')))).toEqual([]);
      });

      test('yields a stream that is longer than a batch whole', async () => {
        const log = await factory.open();
        await log.append(
          streamOf('1'),
          'none',
          Array.from({ length: 2_500 }, (_, index) => state(index)),
        );
        const stream = await collect(log.readStream(streamOf('1')));
        expect(stream.map(({ revision }) => revision)).toEqual(Array.from({ length: 2_500 }, (_, index) => index));
      });
    });

    describe('readAll', () => {
      test('yields what lies after one position up to and including another', async () => {
        const log = await factory.open();
        const all = await withCalls(log, 5);
        for (const from of [START, ...all.map(({ position }) => position)]) {
          expect(await collect(log.readAll(from))).toEqual(all.filter(({ position }) => position > from));
          for (const { position: to } of all) {
            expect(await collect(log.readAll(from, to))).toEqual(
              all.filter(({ position }) => position > from && position <= to),
            );
          }
        }
      });

      test('ends at the head at the time of the call, in batches that are never empty', async () => {
        const log = await factory.open();
        await log.append(
          streamOf('0'),
          'none',
          Array.from({ length: 2_500 }, (_, index) => state(index)),
        );
        const seen: number[] = [];
        let appended = 0;
        for await (const batch of log.readAll(START)) {
          expect(batch.length).toBeGreaterThan(0);
          seen.push(...batch.map(({ revision }) => revision));
          appended += 1;
          await log.append(streamOf(`later-${appended}`), 'none', [created()]);
        }
        expect(seen).toEqual(Array.from({ length: 2_500 }, (_, index) => index));
        expect(await collect(log.readAll(START))).toHaveLength(2_500 + appended);
      });

      test('yields nothing from an empty log', async () => {
        const log = await factory.open();
        expect(await collect(log.readAll(START))).toEqual([]);
      });
    });

    describe('readOpen', () => {
      /** Everything that must hold of a readOpen, given the whole log. */
      const expectOpenAt = (all: RecordedEvent[], yielded: RecordedEvent[], at: number): void => {
        const streams = [...new Set(yielded.map(({ stream }) => stream))];
        for (const stream of openStreams(all, at)) expect(streams).toContain(stream);
        const whole = streams.flatMap((name) =>
          all.filter(({ stream, position }) => stream === name && position <= at),
        );
        expect(yielded).toEqual(whole);
      };

      test('yields the streams that are not closed, each whole and in order, now and at every earlier position', async () => {
        const log = await factory.open();
        await log.append('pbx/pbx-a', 'none', [
          asNew({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } }),
        ]);
        const all = await withCalls(log, 6);
        expectOpenAt(all, await collect(log.readOpen()), Number.POSITIVE_INFINITY);
        for (const { position } of all) expectOpenAt(all, await collect(log.readOpen(position)), position);
        expect(await collect(log.readOpen(START))).toEqual([]);
      });

      test('yields a stream that was closed and then opened again', async () => {
        const log = await factory.open();
        const first = await log.append(streamOf('1'), 'none', [created(), destroyed()]);
        const again = await log.append(streamOf('1'), first.revision, [created(), state(6)]);
        const other = await log.append(streamOf('2'), 'none', [created()]);
        const open = await collect(log.readOpen());
        expect(open.filter(({ stream }) => stream === streamOf('1')).map(({ revision }) => revision)).toEqual([
          0, 1, 2, 3,
        ]);
        await log.append(streamOf('1'), again.revision, [destroyed()]);
        const all = await collect(log.readAll(START));
        for (const { position } of all) expectOpenAt(all, await collect(log.readOpen(position)), position);
        const atOther = await collect(log.readOpen(other.position));
        expect(new Set(atOther.map(({ stream }) => stream))).toEqual(new Set([streamOf('1'), streamOf('2')]));
      });

      test('is not confused by streams that close while it is read', async () => {
        const log = await factory.open();
        const long = Array.from({ length: 40 }, (_, index) => state(index));
        for (let call = 0; call < 60; call += 1) await log.append(streamOf(`${call}`), 'none', long);
        const all = await collect(log.readAll(START));
        const yielded: RecordedEvent[] = [];
        for await (const batch of log.readOpen()) {
          if (yielded.length === 0) {
            for (let call = 0; call < 60; call += 2) {
              await log.append(streamOf(`${call}`), await revisionOf(log, `${call}`), [destroyed()]);
            }
          }
          yielded.push(...batch);
        }
        expectOpenAt(all, yielded, Number.POSITIVE_INFINITY);
      });
    });

    describe('subscribe', () => {
      test('yields what was there and then what is appended', async () => {
        const log = await factory.open();
        const past = await withCalls(log, 3);
        const subscriber = reader(log, START);
        await subscriber.has(past.length);
        await log.append(streamOf('live'), 'none', [created()]);
        await log.append(streamOf('live'), revision(0), [state(6), destroyed()]);
        await subscriber.has(past.length + 3);
        expect(await subscriber.stop()).toEqual(await collect(log.readAll(START)));
      });

      test('begins after the position asked for, also at the head', async () => {
        const log = await factory.open();
        const past = await withCalls(log, 3);
        const middle = past[4]?.position ?? START;
        const [fromMiddle, fromHead] = [reader(log, middle), reader(log, await log.head())];
        await log.append(streamOf('live'), 'none', [created()]);
        await fromMiddle.has(past.length - 4);
        await fromHead.has(1);
        expect(await fromMiddle.stop()).toEqual(await collect(log.readAll(middle)));
        expect((await fromHead.stop()).map(({ stream }) => stream)).toEqual([streamOf('live')]);
      });

      test('neither loses nor doubles an event between the past and the present, for any number of subscribers', async () => {
        const log = await factory.open();
        const subscribers = [reader(log, START)];
        for (let round = 0; round < 60; round += 1) {
          const size = 1 + ((round * 7) % 50);
          const appends = Array.from({ length: size }, (_, index) =>
            log.append(streamOf(`${round}.${index}`), 'none', [created(), state(index), destroyed()]),
          );
          if (round % 10 === 3) subscribers.push(reader(log, START));
          await Promise.all(appends);
          if (round % 10 === 7) subscribers.push(reader(log, START));
        }
        const all = await collect(log.readAll(START));
        for (const subscriber of subscribers) {
          await subscriber.has(all.length);
          expect((await subscriber.stop()).map(({ position }) => position)).toEqual(
            all.map(({ position }) => position),
          );
        }
      });

      test('a slow subscriber gets everything and delays neither appends nor other subscribers', async () => {
        const log = await factory.open();
        let release = (): void => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        await log.append(streamOf('first'), 'none', [created()]);
        const slow = reader(log, START, () => held);
        const quick = reader(log, START);
        await slow.has(1);
        for (let round = 0; round < 30; round += 1) {
          await Promise.all(
            Array.from({ length: 10 }, (_, index) =>
              log.append(
                streamOf(`${round}.${index}`),
                'none',
                Array.from({ length: 100 }, () => state(index)),
              ),
            ),
          );
        }
        await quick.has(30_001);
        expect(slow.count()).toBe(1);
        release();
        await slow.has(30_001);
        const places = (events: RecordedEvent[]) => events.map(({ position }) => position);
        expect(places(await slow.stop())).toEqual(places(await quick.stop()));
      });

      test('ends when its signal aborts: while it waits, while its reader works, and before it began', async () => {
        const log = await factory.open();
        const waiting = reader(log, START);
        await log.append(streamOf('1'), 'none', [created()]);
        await waiting.has(1);
        expect(await waiting.stop()).toHaveLength(1);

        const controller = new AbortController();
        let batches = 0;
        for await (const _ of log.subscribe(START, controller.signal)) {
          batches += 1;
          controller.abort();
          await log.append(streamOf('2'), 'none', [created()]);
        }
        expect(batches).toBe(1);
        expect(await collect(log.subscribe(START, AbortSignal.abort()))).toEqual([]);
      });
    });

    describe('places', () => {
      test('head is the position of the last event, START when there is none', async () => {
        const log = await factory.open();
        expect(await log.head()).toBe(START);
        const appended = await log.append(streamOf('1'), 'none', [created(), state(4)]);
        expect(await log.head()).toBe(appended.position);
      });

      test('heads says where streams stand and which are closed, and leaves out those that do not exist', async () => {
        const log = await factory.open();
        await log.append(streamOf('1'), 'none', [created(), state(4)]);
        await log.append(streamOf('2'), 'none', [created(), destroyed()]);
        await log.append(streamOf('3'), 'none', [created(), destroyed()]);
        await log.append(streamOf('3'), revision(1), [created()]);
        expect(await log.heads(['1', '2', '3', '4'].map(streamOf))).toEqual(
          new Map([
            [streamOf('1'), { revision: 1, closed: false }],
            [streamOf('2'), { revision: 1, closed: true }],
            [streamOf('3'), { revision: 2, closed: false }],
          ]),
        );
        expect(await log.heads([])).toEqual(new Map());
      });

      test('positionAt is the last event recorded at or before a time', async () => {
        const log = await factory.open();
        expect(await log.positionAt(Date.now())).toBe(START);
        for (let call = 0; call < 8; call += 1) {
          await log.append(streamOf(`${call}`), 'none', [created(), state(1)]);
          await new Promise((resolve) => setTimeout(resolve, call % 3));
        }
        const all = await collect(log.readAll(START));
        for (const { recorded } of all) {
          for (const time of [recorded - 1, recorded, recorded + 1]) {
            const last = all.findLast((event) => event.recorded <= time);
            expect(await log.positionAt(time)).toBe(last?.position ?? START);
          }
        }
        expect(await log.positionAt(0)).toBe(START);
      });
    });

    describe('close', () => {
      test('waits for appends under way; later calls fail with LOG_CLOSED', async () => {
        const log = await factory.open();
        const under = Promise.all(
          Array.from({ length: 20 }, (_, index) => log.append(streamOf(`${index}`), 'none', [created()])),
        );
        await log.close();
        expect(await under).toHaveLength(20);
        const closed = (error: unknown) => isRollcallError(error, 'LOG_CLOSED');
        await expect(log.append(streamOf('x'), 'none', [created()])).rejects.toSatisfy(closed);
        await expect(log.head()).rejects.toSatisfy(closed);
        await expect(log.heads([streamOf('1')])).rejects.toSatisfy(closed);
        await expect(log.positionAt(0)).rejects.toSatisfy(closed);
        await expect(collect(log.readAll(START))).rejects.toSatisfy(closed);
        await expect(collect(log.readOpen())).rejects.toSatisfy(closed);
        await expect(collect(log.readStream(streamOf('1')))).rejects.toSatisfy(closed);
        await expect(collect(log.subscribe(START, new AbortController().signal))).rejects.toSatisfy(closed);
        await log.close();
      });

      test('ends a subscription that waits with LOG_CLOSED', async () => {
        const log = await factory.open();
        const subscriber = reader(log, START);
        await log.append(streamOf('1'), 'none', [created()]);
        await subscriber.has(1);
        await log.close();
        await expect(subscriber.ended).rejects.toMatchObject({ code: 'LOG_CLOSED' });
      });
    });

    test('has an identity of its own', async () => {
      const [one, two] = [await factory.open(), await factory.open()];
      expect(one.id).toMatch(/^[0-9a-f-]{36}$/);
      expect(one.id).not.toBe(two.id);
    });

    test.skipIf(!factory.reopen)('keeps everything, and its identity, when it is opened again', async () => {
      const log = await factory.open();
      const all = await withCalls(log, 5);
      const { id } = log;
      const head = await log.head();
      const again = await factory.reopen?.(log);
      if (!again) return;
      expect(again.id).toBe(id);
      expect(await again.head()).toBe(head);
      expect(await collect(again.readAll(START))).toEqual(all);
      const next = await again.append(streamOf('call-1'), revision(1), [destroyed()]);
      expect(next).toMatchObject({ revision: 2 });
      expect(next.position).toBeGreaterThan(head);
    });

    eventLogProperty(factory);
  });
};
