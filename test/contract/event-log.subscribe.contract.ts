import { type RecordedEvent, revision, START } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { created, destroyed, state, streamOf } from './event-log.events.ts';
import { type EventLogFactory, withCalls } from './event-log.factory.ts';
import { collect, reader } from './event-log.reader.ts';

export const subscribeContract = (factory: EventLogFactory): void => {
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
        expect((await subscriber.stop()).map(({ position }) => position)).toEqual(all.map(({ position }) => position));
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
};
