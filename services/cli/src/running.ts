import { openAccess } from '@rollcall/access';
import { createApi, type Follow, listen } from '@rollcall/api';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import type { RetentionPolicy } from '@rollcall/event-log';
import type { Publisher } from '@rollcall/projection-topic';
import { tell } from '@rollcall/projector';
import {
  type DataDir,
  openDataDir,
  type Projection,
  startProjection,
  startPublishing,
} from '@rollcall/projector-service/list';
import type { Logger } from 'pino';
import { startAmiFace } from './ami-face.ts';
import { createOperating } from './operations/operating.ts';
import { keepAsJob } from './operations/retention.ts';
import { announce, unannounce } from './operations/running-file.ts';
import { keepTo, retentionPolicy, startRetention } from './retention.ts';
import { type Sessions, startSessions } from './sessions.ts';
import { ariBeside, pbxSource } from './settings/pbx-source.ts';
import type { Settings } from './settings/schema.ts';
import { viewAt } from './view.ts';

export type Running = {
  dir: DataDir;
  projection: Projection;
  sessions: Sessions;
  retention: RetentionPolicy;
  /** Where the list is served; undefined when that is switched off. */
  url: string | undefined;
  /** Where AMI is served, `host:port`; undefined when that is switched off. */
  ami: string | undefined;
  stop: () => Promise<void>;
};

/** Everything in one process: PBX → ingest → log → projector → list → HTTP. */
export const startRollcall = async (settings: Settings, world: World, logger: Logger): Promise<Running> => {
  const { data, reconcileEvery, auditEvery, staleAfter, variables } = settings;
  const dir = await openDataDir({
    data,
    world,
    warn: (line) => logger.warn(line),
    progress: (position, head) => logger.debug({ position, head }, 'replay'),
  });
  const { cache, log } = dir;
  const begun: (() => Promise<void>)[] = [dir.close];
  const stop = async (): Promise<void> => {
    for (const end of begun.reverse()) await end();
  };
  try {
    unannounce(data);
    const installation = log.id.slice(0, 8);
    const sources = new Map(
      Object.entries(settings.pbx).map(([pbx, one]) => [
        pbx,
        {
          source: pbxSource({ pbx, settings: one, variables, installation, world }),
          beside: ariBeside({ pbx, settings: one, world }),
        },
      ]),
    );
    const projection = startProjection(dir, world, logger);
    begun.push(projection.stop);
    const publisher =
      settings.publish && (await startPublishing({ brokers: settings.publish, dir, projection, world, logger }));
    if (publisher) begun.push(publisher.close);
    const retention = await retentionPolicy(log, settings);
    let sessions: Sessions | undefined;
    const operating =
      settings.http &&
      createOperating({ data, dir, projection, sessions: () => sessions?.byPbx, retention, publisher, world }, logger);
    const follow: Follow = (from, signal) => tell(log, from ?? cache.checkpoint, signal);
    const api = createApi({
      cache,
      clock: world.clock,
      staleAfter,
      staleAnswers: settings.staleAnswers,
      hosts: new Map(Object.entries(settings.pbx).flatMap(([pbx, { hosts = [] }]) => hosts.map((host) => [host, pbx]))),
      readiness: () => ({
        problems: [projection.problem() ?? []].flat(),
        pbxs: [...(sessions?.byPbx ?? [])].map(([name, { status, counters }]) => ({ name, ...status, counters })),
        position: cache.checkpoint,
        ...(publisher && { publishing: published(publisher) }),
      }),
      at: (moment) => viewAt(log, moment, world),
      follow,
      ...(operating && { operating }),
    });
    begun.push(() => api.close());
    if (operating) begun.push(operating.jobs.close);
    const url = settings.http && (await listen(api, { ...settings.http, open: settings.httpOpen }));
    const ami =
      settings.ami &&
      (await startAmiFace(settings.ami, openAccess({ dir: data, ...world, warn: (line) => logger.warn(line) }), {
        cache,
        staleAfter,
        staleAnswers: settings.staleAnswers,
        follow,
        world,
      }));
    if (ami) begun.push(ami.close);
    if (url && operating) begun.push(announceUntilEnd(data, url, world, logger));
    // No PBX hears of a Rollcall that cannot serve.
    sessions = startSessions({ dir, sources, reconcileEvery, auditEvery, world, logger });
    begun.push(sessions.stop);
    const keep = (signal: AbortSignal) =>
      operating ? keepAsJob(operating.jobs, signal) : keepTo(retention, dir, signal);
    begun.push(startRetention({ keep, world, logger }).stop);
    return { dir, projection, sessions, retention, url, ami: ami?.at, stop };
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
