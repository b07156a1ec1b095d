import { ingestMetrics, type Metrics, spoolMetrics, timedAppends } from '@rollcall/api/metrics';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import type { SpoolState } from '@rollcall/ingest';
import type { Logger } from 'pino';
import { loggedAppends } from '../logged-appends.ts';
import { sessionReadings } from '../session-readings.ts';
import { type Sessions, startSessions } from '../sessions.ts';
import type { LogEngine } from '../settings/engines.ts';
import { pbxSources } from '../settings/pbx-source.ts';
import type { Settings } from '../settings/schema.ts';
import { startTracing, type Tracing } from '../tracing/start.ts';
import { tracedSources } from '../tracing/traced.ts';
import { type OpenIngestLog, openIngestLog } from './ingest-log.ts';

/** PBX → log, in a process that does no more, or in one that does the rest as well. */
export type Ingesting = {
  /** Undefined until the log is open. */
  sessions: () => Sessions | undefined;
  problems: () => string[];
  spool: () => SpoolState | undefined;
  /** Rejects when the log cannot be opened, and waiting does not mend it. */
  opened: Promise<void>;
  stop: () => Promise<void>;
};

export type IngestingOptions = {
  engine: LogEngine;
  settings: Settings;
  metrics: Metrics;
  world: World;
  logger: Logger;
};

/**
 * Returns at once: a log on a server may be away at the start. No PBX is connected before it is open.
 * @throws RollcallError PBX_ADDRESS, PBX_SECRET_MISSING, PBX_CA_FILE
 */
export const startIngesting = (options: IngestingOptions): Ingesting => {
  const { engine, settings, metrics, world, logger } = options;
  const { reconcileEvery, auditEvery } = settings;
  const stopping = new AbortController();
  let open: OpenIngestLog | undefined;
  let sessions: Sessions | undefined;
  let tracing: Tracing | undefined;
  let problem: string | undefined;
  // Wrong addresses are said now, and not when the log is there.
  pbxSources(settings, 'rollcall', world);
  ingestMetrics(metrics, () => sessionReadings(sessions));
  if (engine.is !== 'embedded') spoolMetrics(metrics, () => open?.spool?.() ?? NOTHING_WAITS);

  const begin = async (): Promise<void> => {
    const opened = await openIngestLog({
      ...options,
      signal: stopping.signal,
      problem: (line) => {
        problem = line;
      },
    });
    open = opened;
    if (stopping.signal.aborted) return;
    tracing = await startTracing(process.env, world);
    const sources = tracedSources(pbxSources(settings, opened.id.slice(0, 8), world), tracing);
    const timed = timedAppends(metrics, loggedAppends(opened.log, logger), world.clock);
    const log = tracing ? tracing.appends(timed) : timed;
    sessions = startSessions({ ...opened, log, sources, reconcileEvery, auditEvery, world, logger });
  };
  const opened = begin();
  opened.catch(() => {}); // Who waits for it is told.

  return {
    sessions: () => sessions,
    problems: () =>
      [
        open ? undefined : 'The event log is not open yet.',
        problem,
        open?.spool?.().problem,
        ...(open?.problems() ?? []),
      ].filter((line) => line !== undefined),
    spool: () => open?.spool?.(),
    opened,
    stop: async () => {
      stopping.abort();
      await opened.catch((error) => logger.debug(errorLine(error)));
      await sessions?.stop();
      await open?.close();
      await tracing?.close();
    },
  };
};

const NOTHING_WAITS = { events: 0, bytes: 0, oldest: 0, refused: 0, discarded: 0 };
