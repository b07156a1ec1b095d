import { position } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import { describe, expect, test, vi } from 'vitest';
import { createHub, type Follow } from './hub.ts';

/** A log that is told what happens. */
const source = () => {
  const open: { push: (batch: Told[]) => void; fail: (error: Error) => void }[] = [];
  let followed = 0;
  let last: AbortSignal | undefined;
  const follow: Follow = async function* (_from, signal) {
    followed++;
    last = signal;
    const batches: Told[][] = [];
    let failed: Error | undefined;
    let wake = (): void => {};
    open.push({
      push: (batch) => {
        batches.push(batch);
        wake();
      },
      fail: (error) => {
        failed = error;
        wake();
      },
    });
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      if (failed) throw failed;
      const batch = batches.shift();
      if (batch) yield batch;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  };
  return {
    follow,
    happen: (batch: Told[]) => open.at(-1)?.push(batch),
    fail: (error: Error) => open.at(-1)?.fail(error),
    followed: () => followed,
    isFollowed: () => last?.aborted === false,
  };
};

const event = (position: number) => ({ event: { position } }) as unknown as Told;
const positions = (batch: readonly Told[] | undefined) => batch?.map((told) => told.event.position);

describe('the hub', () => {
  test('tells every reader everything from when it joined on, in order, and follows the log once', async () => {
    const { follow, happen, followed } = source();
    const hub = createHub(follow);
    const ending = new AbortController();
    const first = hub.join(ending.signal);
    happen([event(1)]);
    expect(positions((await first.next()).value as Told[])).toEqual([1]);
    const second = hub.join(ending.signal);
    happen([event(2), event(3)]);
    happen([event(4)]);
    expect(positions((await second.next()).value as Told[])).toEqual([2, 3]);
    expect(positions((await second.next()).value as Told[])).toEqual([4]);
    expect(positions((await first.next()).value as Told[])).toEqual([2, 3]);
    expect(followed()).toBe(1);
    expect(hub.readers).toBe(2);
    ending.abort();
    expect(hub.readers).toBe(0);
    expect((await first.next()).done).toBe(true);
  });

  test('says from where on who joins is told, be the list ahead of what was told or behind it', async () => {
    const { follow, happen } = source();
    let checkpoint = position(5);
    const hub = createHub(follow, { now: () => checkpoint });
    const ending = new AbortController();
    expect(hub.reached()).toBe(5);
    const first = hub.join(ending.signal);
    checkpoint = position(7);
    expect(hub.reached()).toBe(5);
    happen([event(6), event(7), event(8)]);
    await first.next();
    expect(hub.reached()).toBe(8);
    const second = hub.join(ending.signal);
    happen([event(9)]);
    expect(positions((await second.next()).value as Told[])).toEqual([9]);
    ending.abort();
    expect(hub.reached()).toBe(7);
  });

  test('drops a reader that is too slow, and keeps the others', async () => {
    const { follow, happen } = source();
    const hub = createHub(follow, { limit: 3 });
    const { signal } = new AbortController();
    const slow = hub.join(signal);
    const fast = hub.join(signal);
    for (let at = 1; at <= 5; at++) {
      happen([event(at)]);
      expect(positions((await fast.next()).value as Told[])).toEqual([at]);
    }
    await expect(slow.next()).rejects.toMatchObject({ code: 'FEED_READER_SLOW' });
    expect(hub.readers).toBe(1);
  });

  test('drops at once who is too slow and asks for nothing, once, and keeps nothing for him', async () => {
    const { follow, happen } = source();
    const hub = createHub(follow, { limit: 3 });
    const { signal } = new AbortController();
    const drop = vi.fn();
    hub.join(signal, drop);
    const fast = hub.join(signal);
    for (let at = 1; at <= 6; at++) {
      happen([event(at)]);
      expect(positions((await fast.next()).value as Told[])).toEqual([at]);
      expect(drop).toHaveBeenCalledTimes(at > 4 ? 1 : 0);
    }
  });

  test('tells its readers why it cannot go on, and follows again for the next one', async () => {
    const { follow, happen, fail, followed } = source();
    const hub = createHub(follow);
    const { signal } = new AbortController();
    const reader = hub.join(signal);
    const next = reader.next();
    fail(new Error('the log is away'));
    await expect(next).rejects.toThrow('the log is away');
    const again = hub.join(signal);
    happen([event(7)]);
    expect(positions((await again.next()).value as Told[])).toEqual([7]);
    expect(followed()).toBe(2);
  });

  test('follows nothing while nobody reads', async () => {
    const { follow, followed } = source();
    const hub = createHub(follow);
    expect(followed()).toBe(0);
    const leaving = new AbortController();
    hub.join(leaving.signal);
    expect([followed(), hub.readers]).toEqual([1, 1]);
    leaving.abort();
    expect(hub.readers).toBe(0);
  });

  test('drops a reader that resumes and does not read', async () => {
    const { follow, happen } = source();
    const hub = createHub(follow, { limit: 3, kept: { events: 3, bytes: 1e6 } });
    const { signal } = new AbortController();
    const fast = hub.join(signal);
    for (const at of [1, 2, 3]) happen([event(at)]);
    for (const at of [1, 2, 3]) expect(positions((await fast.next()).value as Told[])).toEqual([at]);
    const slow = hub.resume(position(1), signal);
    for (let at = 4; at <= 6; at++) {
      happen([event(at)]);
      expect(positions((await fast.next()).value as Told[])).toEqual([at]);
    }
    await expect(slow?.next()).rejects.toMatchObject({ code: 'FEED_READER_SLOW' });
    expect(hub.readers).toBe(1);
  });

  test('stays when the last reader has left, until he could not resume, or until it is told to end', async () => {
    const { follow, happen, followed, isFollowed } = source();
    const hub = createHub(follow, { kept: { events: 3, bytes: 1e6 } });
    const staying = new AbortController();
    hub.stay(staying.signal);
    const readOne = async (at: number): Promise<void> => {
      const leaving = new AbortController();
      const reader = hub.join(leaving.signal);
      happen([event(at)]);
      expect(positions((await reader.next()).value as Told[])).toEqual([at]);
      leaving.abort();
    };
    await readOne(1);
    for (const at of [2, 3, 4]) happen([event(at)]);
    await vi.waitFor(() => expect(hub.resume(position(1), AbortSignal.abort())).toBeDefined());
    expect([isFollowed(), followed()]).toEqual([true, 1]);
    for (const at of [5, 6, 7, 8]) happen([event(at)]);
    await vi.waitFor(() => expect(isFollowed()).toBe(false));
    expect(hub.resume(position(8), AbortSignal.abort())).toBeUndefined();
    await readOne(9);
    expect([isFollowed(), followed()]).toEqual([true, 2]);
    staying.abort();
    expect(isFollowed()).toBe(false);
  });
});
