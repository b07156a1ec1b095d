import { revision, START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import { describe, expect, test } from 'vitest';
import { created, destroyed, state, streamOf } from './event-log.events.ts';
import { type EventLogFactory, withCalls } from './event-log.factory.ts';
import { collect, reader } from './event-log.reader.ts';

export const placesContract = (factory: EventLogFactory): void => {
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
};
