// One PBX's session in the test's own process, so that a test can call it and reach behind it into its log.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AriAsker, AsteriskSource } from '@rollcall/asterisk';
import type { Channel, PbxAudit } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { type EventLog, openEmbeddedLog } from '@rollcall/event-log';
import { createIngestCounters, type IngestCounters, runSession, type Session } from '@rollcall/ingest';
import { catchUp, createCounters, runProjector, type Verification, verify } from '@rollcall/projector';
import { createMemoryCache } from '@rollcall/state-cache';
import { waitFor } from './rollcall-process.ts';

export interface OwnSession {
  readonly pbx: string;
  readonly log: EventLog;
  readonly counters: IngestCounters;
  readonly session: Session;
  /** Every audit that the session told of. */
  readonly audits: readonly PbxAudit[];
  warnings(): readonly string[];
  list(): Channel[];
  until(state: string): Promise<void>;
  /** Ends it; says whether its list is what its log says. */
  stop(): Promise<Verification>;
}

export interface OwnSessionOptions {
  readonly source: AsteriskSource;
  readonly beside?: AriAsker;
  /** Milliseconds before a second look; 500 unless given. */
  readonly grace?: number;
  readonly auditEvery?: number;
  readonly reconcileEvery?: number;
}

export const startOwnSession = async (options: OwnSessionOptions): Promise<OwnSession> => {
  const pbx = 'own';
  const data = mkdtempSync(join(tmpdir(), 'rollcall-own-'));
  const log = openEmbeddedLog({ dir: data, world: systemWorld });
  const cache = createMemoryCache();
  const counters = createIngestCounters();
  const audits: PbxAudit[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const projecting = runProjector({ log, cache, signal, counters: createCounters(), committed: () => {} });
  let state = '';
  let warnings: readonly string[] = [];
  const session = runSession({
    ...{ pbx, log, counters, signal, world: systemWorld, grace: options.grace ?? 500, queueLimit: 200_000 },
    source: options.source,
    beside: options.beside,
    listed: () => cache.list(),
    reconcileEvery: options.reconcileEvery ?? 3_600_000,
    auditEvery: options.auditEvery,
    status: (status) => {
      state = status.state;
      warnings = status.warnings;
    },
    audited: (audit) => audits.push(audit),
  });
  const own: OwnSession = {
    ...{ pbx, log, counters, session, audits },
    warnings: () => warnings,
    list: () => [...cache.list()],
    until: async (wanted) => void (await waitFor(`${pbx} ${wanted}`, () => state === wanted)),
    stop: async () => {
      stopping.abort();
      await session.done;
      await projecting;
      await catchUp(log, cache, await log.head());
      const verification = await verify(log, cache);
      await log.close();
      rmSync(data, { recursive: true });
      return verification;
    },
  };
  await own.until('live');
  return own;
};
