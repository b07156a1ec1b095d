import { type RecordedEvent, revision, START } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from './event-log.events.ts';
import { type EventLogFactory, revisionOf, withCalls } from './event-log.factory.ts';
import { openStreams } from './event-log.model.ts';
import { asAppended, collect } from './event-log.reader.ts';

export const readContract = (factory: EventLogFactory): void => {
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
      const whole = streams.flatMap((name) => all.filter(({ stream, position }) => stream === name && position <= at));
      expect(yielded).toEqual(whole);
    };

    test('yields the streams that are not closed, each whole and in order, now and at every earlier position', async () => {
      const log = await factory.open();
      await log.append('pbx/pbx-a', 'none', [asNew({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } })]);
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
            await log.append(streamOf(`${call}`), await revisionOf(log, streamOf(`${call}`)), [destroyed()]);
          }
        }
        yielded.push(...batch);
      }
      expectOpenAt(all, yielded, Number.POSITIVE_INFINITY);
    });
  });
};
