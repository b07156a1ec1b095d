import type { Told } from '@rollcall/projector';
import { describe, expect, test } from 'vitest';
import { createHub, type Follow } from './hub.ts';

/** A log that is told what happens. */
const source = () => {
  const open: { push: (batch: Told[]) => void; fail: (error: Error) => void }[] = [];
  let followed = 0;
  const follow: Follow = async function* (_from, signal) {
    followed++;
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

  test('drops a reader that is too slow, and keeps the others', async () => {
    const { follow, happen } = source();
    const hub = createHub(follow, 3);
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
});
