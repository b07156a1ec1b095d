// A session and a projector on a log that is there already, beside a PBX that a test decides.
import { rmSync } from 'node:fs';
import { channelStream, type Quarantined, type RecordedEvent } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { createIngestCounters, createWriter, runSession, skipRefused } from '@rollcall/ingest';
import { createCounters, replayOpen, runProjector, verify } from '@rollcall/projector';
import { type ScriptedPbx, scriptedPbx } from '../simulation/scripted-pbx.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { PBX, type Written, writtenLog } from './written-log.ts';

export const startSession = async (events: readonly Written[], prepare: (pbx: ScriptedPbx) => void) => {
  const data = await writtenLog(events);
  const log = openEmbeddedLog({ dir: data, world: systemWorld });
  const cache = await replayOpen(log);
  const pbx = scriptedPbx();
  prepare(pbx);
  const counters = createIngestCounters();
  const stopping = new AbortController();
  const { signal } = stopping;
  const projecting = runProjector({ log, cache, signal, counters: createCounters() });
  let state = '';
  let reason: string | undefined;
  const session = runSession({
    ...{ pbx: PBX, source: pbx.source, log, counters, signal, world: systemWorld },
    ...{ grace: 10, reconcileEvery: 20, queueLimit: 1_000 },
    listed: () => cache.list(),
    status: (status) => ({ state, reason } = status),
  });
  /** A session that gave up has to be seen where its end is waited for. */
  const done = session.done.catch((error: unknown) => {
    reason = `gave up: ${error}`;
  });

  const eventsOf = async (uniqueid: string, boot = 1): Promise<RecordedEvent[]> => {
    const found: RecordedEvent[] = [];
    for await (const batch of log.readStream(channelStream(PBX, boot, uniqueid))) found.push(...batch);
    return found;
  };
  const until = (what: string, condition: () => boolean): Promise<number> =>
    waitFor(what, () => {
      if (reason?.startsWith('gave up')) throw new Error(reason);
      return condition();
    });
  const lists = (): number => pbx.asked.filter((asked) => asked === 'list').length;

  return {
    ...{ pbx, counters, until, eventsOf },
    live: () => until('live', () => state === 'live'),
    names: () => [...cache.list()].map(({ name }) => name).sort(),
    setAside: (uniqueid: string, boot = 1): Quarantined | undefined =>
      cache.quarantined(channelStream(PBX, boot, uniqueid)),
    quarantine: () => [...cache.quarantine()].map(({ stream }) => stream),
    bootInList: () => cache.pbx(PBX)?.boot,
    head: () => log.head(),
    /** Waits for so many more comparisons with the PBX's list; they have been taken when the next one is asked for. */
    comparisons: async (count: number): Promise<void> => {
      const before = lists();
      await until(`${count} lists`, () => lists() > before + count);
    },
    skip: async (refused: Quarantined): Promise<void> => {
      await skipRefused({ log, world: systemWorld, refused, reason: 'seen' });
      await until('skipped', () => cache.quarantined(refused.stream)?.revision !== refused.revision);
    },
    /** Ends it; the list is what its log says. */
    stop: async (): Promise<number> => {
      stopping.abort();
      await done;
      await projecting;
      const { differences } = await verify(log, cache);
      await log.close();
      rmSync(data, { recursive: true });
      return differences.length;
    },
  };
};

export type OwnSession = Awaited<ReturnType<typeof startSession>>;

/** A writer alone on such a log, not yet loaded. */
export const writerOn = async (events: readonly Written[]) => {
  const data = await writtenLog(events);
  const log = openEmbeddedLog({ dir: data, world: systemWorld });
  const { signal } = new AbortController();
  const counters = createIngestCounters();
  const told = { suspect: () => {}, stalled: () => {} };
  const writer = createWriter({ pbx: PBX, log, world: systemWorld, counters, signal, canAsk: true, ...told });
  const close = async (): Promise<void> => {
    await log.close();
    rmSync(data, { recursive: true });
  };
  return { writer, log, close };
};
