import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Channel,
  type DomainEvent,
  evolve,
  type NewEvent,
  revision,
  SCHEMA_VERSION,
  takeable,
} from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { createIngestCounters, openSpooledLog, runSession, type SpoolBounds } from '@rollcall/ingest';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createFakeRemote } from '../../services/ingest/src/spool/testing/fake-remote.ts';
import { report, scriptedPbx } from '../simulation/scripted-pbx.ts';

const patience = { timeout: 20_000, interval: 5 };

/** A session on a log that can be away, with a spool between. */
const follow = async (bounds: Partial<SpoolBounds> = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-start-over-'));
  const remote = createFakeRemote();
  const pbx = scriptedPbx();
  const stopping = new AbortController();
  let ahead = 0;
  const world = {
    ...systemWorld,
    clock: { ...systemWorld.clock, now: () => systemWorld.clock.now() + ahead },
    scheduler: {
      ...systemWorld.scheduler,
      sleep: (ms: number, signal?: AbortSignal) => systemWorld.scheduler.sleep(Math.min(ms, 5), signal),
    },
  };
  const spooled = await openSpooledLog({
    ...{ open: async () => remote.log, dir, world, signal: stopping.signal, patience: 50 },
    bounds: { maxBytes: 1e9, maxAge: undefined, whenFull: 'disconnect', ...bounds },
    say: { info: () => {}, warn: () => {} },
  });
  const states: string[] = [];
  /** What the log says is live. */
  const listed = (): Channel[] => {
    const live = new Map<string, Channel>();
    for (const event of remote.events) {
      if (!event.stream.startsWith('channel/')) continue;
      const next = evolve(live.get(event.stream), takeable(event));
      if (next) live.set(event.stream, next);
      else live.delete(event.stream);
    }
    return [...live.values()];
  };
  const session = runSession({
    ...{ pbx: 'a', source: pbx.source, log: spooled.log, unplaced: spooled.unplaced, listed, world },
    ...{
      counters: createIngestCounters(),
      signal: stopping.signal,
      reconcileEvery: 3_600_000,
      grace: 5,
      queueLimit: 1000,
    },
    status: ({ state }) => states.push(state),
  });
  onTestFinished(async () => {
    stopping.abort();
    await session.done.catch(() => {});
    await spooled.close();
    rmSync(dir, { recursive: true });
  });
  const lists = () => pbx.asked.filter((what) => what === 'list').length;
  return {
    ...{ remote, pbx, spooled, states, lists },
    live: () =>
      listed()
        .map(({ uniqueid, state }) => `${uniqueid}=${state}`)
        .sort(),
    has: () => [...pbx.channels].map(([uniqueid, { state }]) => `${uniqueid}=${state}`).sort(),
    begin: (uniqueid: string) => {
      pbx.channels.set(uniqueid, { name: `PJSIP/${uniqueid}`, state: 4 });
      pbx.say({ ...report('created', uniqueid, { state: 4 }), proves: true });
    },
    change: (uniqueid: string, state: number) => {
      pbx.channels.set(uniqueid, { name: `PJSIP/${uniqueid}`, state });
      pbx.say({ ...report('changed', uniqueid, { state }), proves: true });
    },
    end: (uniqueid: string) => {
      pbx.channels.delete(uniqueid);
      pbx.say(report('destroyed', uniqueid));
    },
    goAway: () => {
      remote.fate = () => 'away';
      remote.readable = false;
    },
    comeBack: () => {
      remote.fate = () => 'written';
      remote.readable = true;
    },
    pass: (ms: number) => {
      ahead += ms;
    },
    othersWrite: (uniqueid: string, event: DomainEvent) => {
      const envelope = {
        id: crypto.randomUUID(),
        time: 1,
        pbx: 'a',
        boot: 1,
        source: 'reconcile',
        schema: SCHEMA_VERSION,
      } as const;
      const stream = `channel/a/1/${uniqueid}`;
      const others: NewEvent = { ...envelope, ...event };
      remote.write(stream, revision(remote.ofStream(stream).length - 1), [others]);
    },
  };
};

test('a session whose reports could not be placed reads its streams anew, and the PBX settles what differs', async () => {
  const { remote, spooled, begin, change, end, goAway, comeBack, othersWrite, live, has, states, lists } =
    await follow();
  await vi.waitFor(() => expect(states.at(-1)).toBe('live'), patience);
  for (const id of ['1', '2', '3']) begin(id);
  await vi.waitFor(() => expect(live()).toEqual(['1=4', '2=4', '3=4']), patience);
  goAway();
  change('1', 6);
  end('2');
  change('3', 6);
  await vi.waitFor(() => expect(spooled.state().events).toBe(3), patience);
  // Another Rollcall that follows the same PBX takes one for over that is not, and not the other.
  othersWrite('1', { type: 'ChannelDestroyed', data: { reason: 'reconciled' } });
  othersWrite('2', { type: 'ChannelStateChanged', data: { state: 6 } });
  comeBack();
  await vi.waitFor(() => expect(spooled.state()).toMatchObject({ phase: 'through', refused: 2 }), patience);
  await vi.waitFor(() => expect(live()).toEqual(has()), patience);
  expect(has()).toEqual(['1=6', '3=6']);
  expect(lists()).toBe(2);
  await vi.waitFor(() => expect(states.at(-1)).toBe('live'), patience);
  end('1');
  await vi.waitFor(() => expect(live()).toEqual(['3=6']), patience);
  expect(remote.ofStream('channel/a/1/1').at(-1)).toMatchObject({
    type: 'ChannelDestroyed',
    data: { reason: 'hangup' },
  });
});

test("after what waited was given up the list is the PBX's again, although it restarted meanwhile", async () => {
  const { pbx, spooled, begin, change, end, goAway, comeBack, pass, live, has, states } = await follow({
    ...{ maxAge: 60_000, whenFull: 'discard' },
  });
  await vi.waitFor(() => expect(states.at(-1)).toBe('live'), patience);
  for (const id of ['1', '2', '3']) begin(id);
  await vi.waitFor(() => expect(live()).toHaveLength(3), patience);
  goAway();
  end('1');
  begin('4');
  await vi.waitFor(() => expect(spooled.state().events).toBe(2), patience);
  pass(61_000);
  change('2', 6);
  await vi.waitFor(() => expect(spooled.state().phase).toBe('discarding'), patience);
  end('4');
  begin('5');
  change('5', 6);
  pbx.startup = 'ami:second';
  pbx.channels.clear();
  pbx.cut();
  await vi.waitFor(() => expect(states.filter((state) => state === 'live').length).toBeGreaterThan(1), patience);
  begin('6');
  comeBack();
  await vi.waitFor(() => expect(spooled.state().phase).toBe('through'), patience);
  await vi.waitFor(() => expect(live()).toEqual(has()), patience);
  expect(has()).toEqual(['6=4']);
});
