import type { Pbx } from '@rollcall/channel';
import { type Channel, position, revision } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import type { ChannelSnapshot, ChannelView } from '@rollcall/projection-topic';
import type { Told } from '@rollcall/projector';
import { createMemoryCache } from '@rollcall/state-cache';
import { expect, test } from 'vitest';
import { followView } from './follow-view.ts';

const snapshot = (more: Partial<ChannelSnapshot> = {}): ChannelSnapshot => ({
  ...{ pbx: 'a', boot: 1, uniqueid: '1.1', revision: 0, position: 5, origin: 'created', name: 'PJSIP/alice-1' },
  ...more,
});

const pbx = (more: Partial<Pbx> = {}): Pbx => ({
  ...{ name: 'a', boot: 1, startup: undefined, connected: true, source: 'ami', version: undefined, recording: false },
  ...{ since: 1, staleBefore: undefined, reconciledAt: undefined, revision: revision(1), position: position(2) },
  ...more,
});

/** A view that says what the test makes it say. */
const setUp = () => {
  const listeners = new Map<string, (...said: unknown[]) => void>();
  const on = ((event: string, listener: (...said: unknown[]) => void) => {
    listeners.set(event, listener);
    return () => void listeners.delete(event);
  }) as ChannelView['on'];
  const cache = createMemoryCache();
  const put = (now: Pbx): void =>
    cache.commit({ puts: new Map(), removals: [], pbxs: [now], quarantine: new Map(), checkpoint: position(9) });
  put(pbx());
  const ending = new AbortController();
  const follow = followView({ on }, cache, systemWorld);
  const feed = follow(undefined, ending.signal)[Symbol.asyncIterator]();
  const say = async (event: string, ...said: unknown[]): Promise<Told[]> => {
    const next = feed.next();
    await Promise.resolve();
    listeners.get(event)?.(...said);
    return (await next).value ?? [];
  };
  return { say, put, ending, feed, follow, listeners };
};

const types = (told: readonly Told[]): string[] => told.map(({ event }) => event.type);

test('a channel that comes, changes in several ways and goes is told as events, each from where the one before left it', async () => {
  const { say } = setUp();
  const [created] = await say('created', snapshot());
  expect(created).toMatchObject({
    event: { type: 'ChannelCreated', stream: 'channel/a/1/1.1', pbx: 'a', data: { name: 'PJSIP/alice-1' } },
    before: undefined,
    after: { name: 'PJSIP/alice-1' },
    pbx: { name: 'a' },
  });
  const now = snapshot({ revision: 7, name: 'PJSIP/bob-1', state: 6, bridge: 'b', variables: { X: 'y' }, held: true });
  const changed = await say('changed', now, snapshot());
  expect(types(changed)).toEqual([
    'ChannelRenamed',
    'ChannelStateChanged',
    'BridgeEntered',
    'ChannelHeld',
    'VariableSet',
  ]);
  for (const [index, { before }] of changed.entries()) if (index > 0) expect(before).toEqual(changed[index - 1]?.after);
  const last: Channel | undefined = changed.at(-1)?.after;
  expect(last).toMatchObject({ name: 'PJSIP/bob-1', state: 6, bridge: 'b', revision: 7, held: true });
  const left = snapshot({ revision: 8, bridge: '', held: false, hangupRequested: true, hangupCause: 16 });
  expect(
    types(await say('changed', left, { ...now, name: left.name, state: undefined, variables: undefined })),
  ).toEqual(['BridgeLeft', 'ChannelUnheld', 'HangupRequested']);
  const [gone] = await say('destroyed', left);
  expect(gone).toMatchObject({ event: { type: 'ChannelDestroyed', data: { cause: 16 } }, after: undefined });
  expect(gone?.before?.name).toBe('PJSIP/alice-1');
});

test('a PBX that is lost, comes back and was started anew is told', async () => {
  const { say, put } = setUp();
  put(pbx({ connected: false }));
  const [lost] = await say('pbx', 'a');
  expect(lost).toMatchObject({ event: { type: 'PbxDisconnected', stream: 'pbx/a' }, pbx: { connected: false } });
  put(pbx({ boot: 2 }));
  expect(types(await say('pbx', 'a'))).toEqual(['PbxBooted', 'PbxConnected']);
});

test('the past cannot be followed, and who leaves hears no more', async () => {
  const { follow, ending, feed, say, listeners } = setUp();
  const past = follow(position(3), ending.signal)[Symbol.asyncIterator]();
  await expect(past.next()).rejects.toSatisfy((error) => isRollcallError(error, 'FEED_NOT_FROM_HERE'));
  await say('created', snapshot());
  ending.abort();
  expect((await feed.next()).done).toBe(true);
  expect(listeners.size).toBe(0);
});
