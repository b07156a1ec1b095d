import { revision, START } from '@rollcall/channel';
import { WrongExpectedRevision } from '@rollcall/event-log';
import { describe, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from './event-log.events.ts';
import type { EventLogFactory } from './event-log.factory.ts';
import { asAppended, collect } from './event-log.reader.ts';

export const appendContract = (factory: EventLogFactory): void => {
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
};
