import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { amiSource } from '@rollcall/asterisk';
import { channelStream, type RecordedEvent } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { createIngestCounters, openSpooledLog, type RemoteLog, runSession, type SpoolState } from '@rollcall/ingest';
import { expect, vi } from 'vitest';
import { LIFE, startCalls } from './calls.ts';

/** How long the log is away: short, or as long as somebody wants to see. */
export const OUTAGE_MS = 1000 * Number(process.env.ROLLCALL_OUTAGE_SECONDS ?? 5);
const CALLS_A_SECOND = Number(process.env.ROLLCALL_OUTAGE_CALLS ?? 50);

const patience = { timeout: 60_000, interval: 50 };
const PBX = 'a';

/** Said where somebody asked for the length. */
export const report = (what: string, lived: Awaited<ReturnType<typeof liveThrough>>): void => {
  if (process.env.ROLLCALL_OUTAGE_SECONDS) console.info(what, lived);
};

export type Outage = {
  open: (dir: string) => Promise<RemoteLog>;
  /** In milliseconds; OUTAGE_MS unless given. */
  length?: number;
  /** The log goes away; returns what brings it back. */
  strike: () => Promise<() => Promise<void>>;
  /** What the log has, read by somebody else. */
  read: () => Promise<RecordedEvent[]>;
};

/**
 * A session follows a PBX under load while its log goes away and comes back: every event is there once and in its order, and the PBX
 * saw one connection, which was never lost.
 */
export const liveThrough = async ({ open, length = OUTAGE_MS, strike, read }: Outage) => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-outage-'));
  const calls = await startCalls(CALLS_A_SECOND);
  const stopping = new AbortController();
  const said: string[] = [];
  const spooled = await openSpooledLog({
    open: () => open(join(dir, 'remote')),
    dir: join(dir, 'spool'),
    bounds: { maxBytes: 1e9, maxAge: undefined, whenFull: 'disconnect' },
    world: systemWorld,
    say: { info: (line) => said.push(line), warn: (line) => said.push(line) },
    signal: stopping.signal,
  });
  let state = '';
  const counters = createIngestCounters();
  const session = runSession({
    ...{
      pbx: PBX,
      log: spooled.log,
      unplaced: spooled.unplaced,
      world: systemWorld,
      signal: stopping.signal,
      counters,
    },
    source: amiSource({
      host: '127.0.0.1',
      port: calls.port,
      user: 'u',
      secret: 's',

      variables: [],
      world: systemWorld,
    }),
    listed: () => [],
    ...{ reconcileEvery: 3_600_000, grace: 500, queueLimit: 200_000 },
    status: (status) => {
      state = status.state;
    },
  });
  try {
    await vi.waitFor(() => expect(state).toBe('live'), patience);
    calls.begin();
    await vi.waitFor(() => expect(calls.begun.length).toBeGreaterThan(CALLS_A_SECOND), patience);

    const bringBack = await strike();
    const since = performance.now();
    let most: SpoolState = spooled.state();
    while (performance.now() - since < length) {
      await systemWorld.scheduler.sleep(100);
      const now = spooled.state();
      if (now.events >= most.events) most = now;
    }
    expect(most).toMatchObject({ phase: 'storing' });
    expect(most.events).toBeGreaterThan(0);
    await bringBack();
    const back = performance.now();
    await vi.waitFor(() => expect(spooled.state()).toMatchObject({ phase: 'through', events: 0 }), patience);
    const drainedAfter = performance.now() - back;

    await calls.end();
    const streams = calls.begun.map((id) => channelStream(PBX, 1, id));
    await vi.waitFor(async () => {
      const heads = await spooled.log.heads(streams.slice(-200));
      expect([...heads.values()].every(({ closed }) => closed) && heads.size).toBe(Math.min(200, streams.length));
    }, patience);
    expect(spooled.state()).toMatchObject({ refused: 0, discarded: 0 });
    expect(calls.seen()).toMatchObject({ connections: 1, lost: 0 });
    expect(state).toBe('live');

    const byStream = Map.groupBy(await read(), ({ stream }) => stream);
    for (const stream of streams) {
      const events = byStream.get(stream) ?? [];
      expect(
        events.map(({ type }) => type),
        stream,
      ).toEqual(LIFE);
      expect(events.map(({ revision }) => revision)).toEqual([0, 1, 2, 3]);
    }
    expect([...byStream.keys()].filter((stream) => stream.startsWith('channel/'))).toHaveLength(streams.length);
    const { events, bytes, oldest } = most;
    return { calls: streams.length, events, bytes, oldest, drainedAfter, ...calls.seen(), said };
  } finally {
    stopping.abort();
    await session.done.catch(() => {});
    await spooled.close();
    calls.stop();
    rmSync(dir, { recursive: true });
  }
};
