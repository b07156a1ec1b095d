import type { AriAsker, AsteriskSource, Finding } from '@rollcall/asterisk';
import type { Channel, PbxAudit } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { errorLine, RollcallError } from '@rollcall/errors';
import {
  createIngestCounters,
  type IngestCounters,
  type SessionOptions as IngestOptions,
  type PbxStatus,
  runSession,
} from '@rollcall/ingest';
import { printable } from '@rollcall/listing';
import type { Logger } from 'pino';
import { playDemo } from './demo.ts';

export type Session = {
  status: PbxStatus;
  counters: IngestCounters;
  /**
   * Sets the PBX's own lists beside ours.
   * @throws RollcallError NOTHING_TO_AUDIT for a recording, and those of the ingest's session
   */
  audit: (signal: AbortSignal) => Promise<PbxAudit>;
  /**
   * What can be learned of the PBX that bears on Rollcall.
   * @throws RollcallError as audit
   */
  examine: (signal: AbortSignal) => Promise<Finding[]>;
  /** Reports of the PBX that wait for the log. */
  queued: () => number;
  /** The last audit, by whom it was asked for or by the clock. */
  lastAudit: PbxAudit | undefined;
};

export type Sessions = { byPbx: ReadonlyMap<string, Session>; stop: () => Promise<void> };

/** A second look waits this long: an event on its way may settle it. */
const GRACE_MS = 500;
/** Some 100 MB of reports that wait for the log, per PBX. */
const QUEUE_LIMIT = 200_000;

export type SessionsOptions = {
  log: IngestOptions['log'];
  unplaced?: IngestOptions['unplaced'];
  /** What the log says is live, and what is set aside. */
  listed: () => Iterable<Channel>;
  setAside: () => Iterable<string>;
  sources: Map<string, { source: AsteriskSource; beside: AriAsker | undefined }>;
  reconcileEvery: number;
  auditEvery: number | undefined;
  world: World;
  logger: Logger;
};

/** One session per PBX, each by itself: what one suffers does not touch the others. Without any PBX the demo plays. */
export const startSessions = (options: SessionsOptions): Sessions => {
  const { log, unplaced, listed, setAside, sources, reconcileEvery, auditEvery, world, logger } = options;
  const stopping = new AbortController();
  const byPbx = new Map<string, Session>();
  const common = { log, world, signal: stopping.signal };

  const create = (pbx: string): Session => {
    const session: Session = {
      status: { state: 'connecting', reason: undefined, warnings: [] },
      counters: createIngestCounters(),
      audit: () => Promise.reject(nothingToAudit(pbx)),
      examine: () => Promise.reject(nothingToAudit(pbx)),
      queued: () => 0,
      lastAudit: undefined,
    };
    byPbx.set(pbx, session);
    return session;
  };

  const statusOf =
    (pbx: string, session: Session) =>
    (next: PbxStatus): void => {
      const before = session.status;
      session.status = next;
      if (before.state !== next.state || before.reason !== next.reason) say(logger, pbx, next);
      if (before.state === next.state) {
        const fresh = next.warnings.filter((warning) => !before.warnings.includes(warning));
        for (const warning of fresh) logger.warn(`${pbx}: ${warning}`);
      }
      if (before.state === 'syncing' && next.state === 'live') sayReconciled(logger, pbx, session.counters);
    };

  const untilEnd = (pbx: string, session: Session, done: Promise<void>): Promise<void> =>
    done.catch((error) => {
      if (stopping.signal.aborted) logger.warn(`${pbx}: its last reports could not be written. ${errorLine(error)}`);
      else statusOf(pbx, session)({ state: 'failed', reason: errorLine(error), warnings: [] });
    });

  const running = [...sources].map(([pbx, { source, beside }]) => {
    const session = create(pbx);
    const { done, audit, examine, queued } = runSession({
      ...common,
      ...{ pbx, source, beside, reconcileEvery, auditEvery, grace: GRACE_MS, queueLimit: QUEUE_LIMIT },
      counters: session.counters,
      ...{ unplaced, listed, setAside },
      status: statusOf(pbx, session),
      audited: (result) => {
        sayAudited(logger, result, session.lastAudit);
        session.lastAudit = result;
      },
    });
    session.audit = audit;
    session.examine = examine;
    session.queued = queued;
    return untilEnd(pbx, session, done);
  });
  if (sources.size === 0) {
    const session = create('demo');
    const playing = playDemo({
      ...common,
      live: [...listed()],
      counters: session.counters,
      status: statusOf('demo', session),
    });
    running.push(untilEnd('demo', session, playing));
  }

  return {
    byPbx,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
};

const nothingToAudit = (pbx: string) =>
  new RollcallError(
    'NOTHING_TO_AUDIT',
    `${pbx} is a recording: nobody can be asked.`,
    'Follow a PBX: rollcall start --pbx NAME=URL.',
  );

/** Ghosts of Asterisk's own are said once each; what was repaired, every time. */
const sayAudited = (
  logger: Logger,
  { pbx, ours, missing, asterisks }: PbxAudit,
  before: PbxAudit | undefined,
): void => {
  const known = new Set(before?.asterisks.map(({ name }) => name));
  const fresh = asterisks.filter(({ name }) => !known.has(name));
  if (fresh.length > 0) {
    logger.warn(
      `${pbx}: Asterisk's own list has ${asterisks.length} ghosts, which Rollcall does not list: ${fresh
        .slice(0, 5)
        .map(({ name }) => printable(name))
        .join(
          ', ',
        )}${fresh.length > 5 ? ', …' : ''}. Only a restart of that Asterisk removes them; see "rollcall audit".`,
    );
  }
  const repaired = [...ours, ...missing].filter(({ outcome }) => outcome === 'repaired').length;
  if (repaired > 0) logger.warn(`${pbx}: an audit found and repaired ${repaired} differences`);
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
