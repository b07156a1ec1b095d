import type { AsteriskSource } from '@rollcall/asterisk';
import type { PbxAudit } from '@rollcall/channel';
import { createIngestCounters, type IngestCounters, type PbxStatus, runSession, type Session } from '@rollcall/ingest';
import { catchUp, createCounters, replay, replayOpen, runProjector } from '@rollcall/projector';
import { type Changes, createMemoryCache, type StateCache } from '@rollcall/state-cache';
import type { Dice } from './dice.ts';
import type { SimulatedLog } from './simulated-log.ts';
import type { VirtualWorld } from './world.ts';

export type Settings = {
  reconcileEvery: number;
  grace: number;
  queueLimit: number;
  auditEvery?: number | undefined;
};

/** One process of Rollcall: projector, cache and the session of one PBX, wired as `rollcall start` wires them. */
export type RollcallProcess = {
  readonly cache: StateCache | undefined;
  readonly status: PbxStatus | undefined;
  readonly counters: IngestCounters;
  audit(): Promise<PbxAudit>;
  /** kill -9: it does nothing more, in the middle of whatever it did. */
  kill(): void;
  /** SIGTERM: resolves when it has ended by itself. */
  stop(): Promise<void>;
};

export type RollcallOptions = {
  world: VirtualWorld;
  dice: Dice;
  log: SimulatedLog;
  source: (isAlive: () => boolean) => AsteriskSource;
  settings: Settings;
  /** An image of the cache that an earlier process left. */
  image: Changes | undefined;
  committed: (cache: StateCache, changes: Changes) => void;
  audited: (audit: PbxAudit) => void;
  failed: (what: string, error: unknown) => void;
};

export const PBX = 'a';

export const startRollcall = (options: RollcallOptions): RollcallProcess => {
  const { dice, failed, settings } = options;
  let alive = true;
  const isAlive = (): boolean => alive;
  const process = options.world.process(dice);
  const log = options.log.client(isAlive);
  const stopping = new AbortController();
  const counters = createIngestCounters();
  let cache: StateCache | undefined;
  let status: PbxStatus | undefined;
  let session: Session | undefined;

  const oldCache = async (): Promise<StateCache> => {
    if (options.image === undefined) return dice.chance(0.5) ? replay(log) : replayOpen(log);
    const old = createMemoryCache();
    old.commit(options.image);
    await catchUp(log, old, await log.head());
    return old;
  };

  const run = async (): Promise<void> => {
    const { signal } = stopping;
    const loaded = await oldCache();
    cache = loaded;
    const projecting = runProjector({
      log,
      cache: loaded,
      signal,
      counters: createCounters(),
      committed: (changes) => options.committed(loaded, changes),
    }).catch((error) => failed('the projector gave up', error));
    session = runSession({
      pbx: PBX,
      source: options.source(isAlive),
      log,
      listed: () => loaded.list(),
      counters,
      world: process.world,
      signal,
      status: (next) => {
        status = next;
      },
      audited: (audit) => {
        if (alive) options.audited(audit);
      },
      ...settings,
    });
    const following = session.done.catch((error) => {
      // A log that cannot be written does not keep it from stopping.
      if (!signal.aborted) failed('the session gave up', error);
    });
    await Promise.all([projecting, following]);
  };
  const running = run().catch((error) => failed('the start failed', error));

  return {
    get cache() {
      return cache;
    },
    get status() {
      return status;
    },
    counters,
    audit: async () => {
      if (!session) throw new Error('there is no session yet');
      return session.audit();
    },
    kill: () => {
      alive = false;
      process.kill();
    },
    stop: () => {
      stopping.abort();
      return running;
    },
  };
};
