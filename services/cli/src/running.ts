import type { Follow } from '@rollcall/api';
import {
  createMetrics,
  ingestMetrics,
  listMetrics,
  publisherMetrics,
  spoolMetrics,
  timedAppends,
} from '@rollcall/api/metrics';
import type { World } from '@rollcall/clock';
import { errorLine, type RollcallError } from '@rollcall/errors';
import type { RetentionPolicy } from '@rollcall/event-log';
import { openSpooledLog, type RemoteLog, type SpooledLog } from '@rollcall/ingest';
import type { KafkaConnection } from '@rollcall/kafka';
import type { Publisher } from '@rollcall/projection-topic';
import { tell } from '@rollcall/projector';
import { type DataDir, type Projection, startProjection, startPublishing } from '@rollcall/projector-service/list';
import type { Logger } from 'pino';
import { startAmiFace } from './ami-face.ts';
import { isEmbedded } from './engines/embedded-only.ts';
import { type OneLogEngine, openList } from './engines/open-list.ts';
import { loggedAppends } from './logged-appends.ts';
import { createOperating } from './operations/operating.ts';
import { keepAsJob } from './operations/retention.ts';
import { announce, unannounce } from './operations/running-file.ts';
import { keepTo, retainOf, retentionPolicy, startRetention } from './retention.ts';
import { spoolOptions } from './services/ingest-log.ts';
import { openPatiently } from './services/patiently.ts';
import { openEntrance, serveHttp } from './serving.ts';
import { sessionReadings, sessionStates } from './session-readings.ts';
import { type Sessions, startSessions } from './sessions.ts';
import { pbxSources } from './settings/pbx-source.ts';
import type { Settings } from './settings/schema.ts';
import { startTracing } from './tracing/start.ts';
import { tracedSources } from './tracing/traced.ts';
import { viewAt } from './view.ts';

export type Running = {
  dir: DataDir;
  projection: Projection;
  sessions: Sessions;
  /** Of the embedded log; a server keeps to its own. */
  retention: RetentionPolicy | undefined;
  /** Where the list is served; undefined when that is switched off. */
  url: string | undefined;
  /** Where AMI is served, `host:port`; undefined when that is switched off. */
  ami: string | undefined;
  stop: () => Promise<void>;
};

/** Everything in one process: PBX → ingest → log → projector → list → HTTP. */
export const startRollcall = async (
  settings: Settings,
  world: World,
  logger: Logger,
  engines: { log: OneLogEngine; publish: KafkaConnection | undefined } = {
    log: { is: 'embedded' },
    publish: undefined,
  },
  signal: AbortSignal = new AbortController().signal,
): Promise<Running> => {
  const { data, reconcileEvery, auditEvery, staleAfter } = settings;
  const open = () =>
    openList(engines.log, {
      data,
      world,
      logger,
      retain: retainOf(settings),
      warn: (line) => logger.warn(line),
      progress: (position, head) => logger.debug({ position, head }, 'replay'),
    });
  const problem = ({ line }: RollcallError) => logger.warn(`Waiting for the event log. ${line}`);
  const dir = engines.log.is === 'embedded' ? await open() : await openPatiently(open, { world, signal, problem });
  const { cache, log } = dir;
  const begun: (() => Promise<void>)[] = [dir.close];
  const stop = async (): Promise<void> => {
    for (const end of begun.reverse()) await end();
  };
  try {
    unannounce(data);
    const installation = log.id.slice(0, 8);
    const tracing = await startTracing(process.env, world);
    if (tracing) begun.push(tracing.close);
    const sources = tracedSources(pbxSources(settings, installation, world), tracing);
    const projection = startProjection(tracing ? { ...dir, log: tracing.reads(log) } : dir, world, logger);
    begun.push(projection.stop);
    const publisher =
      engines.publish &&
      (await startPublishing({
        ...{ kafka: engines.publish, log: log.id, cache, onCommit: projection.onCommit, world, logger },
      }));
    if (publisher) begun.push(publisher.close);
    const own = isEmbedded(log) ? { ...dir, log } : undefined;
    const retention = own && (await retentionPolicy(own.log, settings));
    let sessions: Sessions | undefined;
    let spooled: Pick<SpooledLog<RemoteLog>, 'log' | 'unplaced' | 'state' | 'close'> | undefined;
    const operating =
      settings.http &&
      createOperating({ data, dir, projection, sessions: () => sessions?.byPbx, retention, publisher, world }, logger);
    const follow: Follow = (from, signal, turn) => tell(log, from ?? cache.checkpoint, signal, turn);
    const metrics = createMetrics();
    ingestMetrics(metrics, () => sessionReadings(sessions));
    listMetrics(metrics, { cache, clock: world.clock, staleAfter, log, projector: projection.counters });
    if (publisher) publisherMetrics(metrics, publisher.state);
    const entrance = openEntrance(settings, world, logger);
    begun.push(entrance.close);
    const http = await serveHttp(entrance, settings, world, {
      cache,
      clock: world.clock,
      staleAfter,
      staleAnswers: settings.staleAnswers,
      readiness: () => ({
        problems: [projection.problem() ?? [], spooled?.state().problem ?? []].flat(),
        ...(spooled && { spool: spooled.state() }),
        pbxs: sessionStates(sessions),
        position: cache.checkpoint,
        ...(publisher && { publishing: published(publisher) }),
      }),
      at: (moment) => viewAt(log, moment, world),
      follow,
      log,
      metrics,
      ...(operating && { operating }),
    });
    begun.push(http.close);
    if (operating) begun.push(operating.jobs.close);
    const ami =
      settings.ami &&
      (await startAmiFace(settings.ami, entrance, {
        cache,
        staleAfter,
        staleAnswers: settings.staleAnswers,
        follow,
        world,
      }));
    if (ami) begun.push(ami.close);
    if (http.served && operating) begun.push(announceUntilEnd(data, http.served.local, world, logger));
    if (engines.log.is !== 'embedded') {
      const remote = { ...log, close: async () => {} }; // The list needs it once more when all else has ended.
      spooled = await openSpooledLog({
        ...spoolOptions({ settings, world, logger, signal }),
        open: async () => remote,
      });
      spoolMetrics(metrics, spooled.state);
      begun.push(spooled.close);
      // What had waited is in the log now: the sessions go by the list that has it.
      for (const head = await log.head(); cache.checkpoint < head && !signal.aborted; )
        await world.scheduler.sleep(20, signal);
    }
    const appended = timedAppends(metrics, loggedAppends(spooled?.log ?? log, logger), world.clock);
    // No PBX hears of a Rollcall that cannot serve.
    sessions = startSessions({
      ...{ log: tracing ? tracing.appends(appended) : appended, unplaced: spooled?.unplaced },
      ...{ sources, reconcileEvery, auditEvery, world, logger },
      listed: () => cache.list(),
      setAside: () => [...cache.quarantine()].map(({ stream }) => stream),
    });
    begun.push(sessions.stop);
    if (own && retention) {
      const keep = (signal: AbortSignal) =>
        operating ? keepAsJob(operating.jobs, signal) : keepTo(retention, own, signal);
      begun.push(startRetention({ keep, world, logger }).stop);
    }
    return { dir, projection, sessions, retention, url: http.served?.url, ami: ami?.at, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** What whoever watches over the process wants to know of the topic. */
const published = (publisher: Publisher) => {
  const { problem, ...state } = publisher.state();
  return { ...state, problem: problem?.line };
};

/** Commands of this machine find it; without room for that it serves all the same. */
const announceUntilEnd = (data: string, url: string, { clock }: World, logger: Logger): (() => Promise<void>) => {
  try {
    announce(data, { url, clock });
  } catch (error) {
    logger.warn(`Commands cannot find this Rollcall by its data directory, only by --url. ${errorLine(error)}`);
  }
  return async () => unannounce(data);
};
