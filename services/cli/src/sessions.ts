import type { AsteriskSource } from '@rollcall/asterisk';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { createIngestCounters, type IngestCounters, type PbxStatus, runSession } from '@rollcall/ingest';
import type { Logger } from 'pino';
import type { DataDir } from './data-dir.ts';
import { playDemo } from './demo.ts';

export type Session = { status: PbxStatus; counters: IngestCounters };

export type Sessions = { byPbx: ReadonlyMap<string, Session>; stop: () => Promise<void> };

/** A second look waits this long: an event on its way may settle it. */
const GRACE_MS = 500;
/** Some 100 MB of reports that wait for the log, per PBX. */
const QUEUE_LIMIT = 200_000;

export type SessionsOptions = {
  dir: DataDir;
  sources: Map<string, AsteriskSource>;
  reconcileEvery: number;
  world: World;
  logger: Logger;
};

/** One session per PBX, each by itself: what one suffers does not touch the others. Without any PBX the demo plays. */
export const startSessions = ({ dir, sources, reconcileEvery, world, logger }: SessionsOptions): Sessions => {
  const stopping = new AbortController();
  const byPbx = new Map<string, Session>();
  const common = { log: dir.log, live: [...dir.cache.list()], world, signal: stopping.signal };

  const start = (
    pbx: string,
    run: (session: { counters: IngestCounters; status: (s: PbxStatus) => void }) => Promise<void>,
  ) => {
    const session: Session = {
      status: { state: 'connecting', reason: undefined, warnings: [] },
      counters: createIngestCounters(),
    };
    byPbx.set(pbx, session);
    const status = (next: PbxStatus): void => {
      const before = session.status;
      session.status = next;
      if (before.state !== next.state || before.reason !== next.reason) say(logger, pbx, next);
      if (before.state === 'syncing' && next.state === 'live') sayReconciled(logger, pbx, session.counters);
    };
    return run({ counters: session.counters, status }).catch((error) => {
      if (stopping.signal.aborted) logger.warn(`${pbx}: its last reports could not be written. ${errorLine(error)}`);
      else status({ state: 'failed', reason: errorLine(error), warnings: [] });
    });
  };

  const running = [...sources].map(([pbx, source]) =>
    start(
      pbx,
      (session) =>
        runSession({
          ...{ ...common, ...session, pbx, source, reconcileEvery, grace: GRACE_MS, queueLimit: QUEUE_LIMIT },
          listed: () => dir.cache.list(),
        }).done,
    ),
  );
  if (sources.size === 0) running.push(start('demo', (session) => playDemo({ ...common, ...session })));

  return {
    byPbx,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
};

const say = (logger: Logger, pbx: string, { state, reason, warnings }: PbxStatus): void => {
  const line = `${pbx}: ${state}${reason ? `. ${reason}` : ''}`;
  if (state === 'stale' || state === 'failed') logger.warn(line);
  else logger.info(line);
  if (state === 'syncing') for (const warning of warnings) logger.warn(`${pbx}: ${warning}`);
};

/** After each connect, what the comparison with the PBX's list has mended so far. */
const sayReconciled = (logger: Logger, pbx: string, { reconciled, ended }: IngestCounters): void => {
  const { created, changed, removed } = reconciled;
  logger.info(
    `${pbx}: compared with its list; since the start ${created} taken over, ${changed} corrected, ${removed} removed, ${ended} of a dead boot ended`,
  );
};
