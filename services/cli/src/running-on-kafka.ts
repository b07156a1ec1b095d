import { createMetrics } from '@rollcall/api/metrics';
import type { World } from '@rollcall/clock';
import { lockDataDir } from '@rollcall/event-log';
import type { KafkaConnection } from '@rollcall/kafka';
import type { Logger } from 'pino';
import { startAmiFace } from './ami-face.ts';
import { listLine } from './list-line.ts';
import { startIngesting } from './services/ingesting.ts';
import { startListing } from './services/listing.ts';
import { startProjecting } from './services/projecting.ts';
import type { Service } from './services/run-service.ts';
import { openEntrance, serveHttp } from './serving.ts';
import { sessionStates } from './session-readings.ts';
import type { KafkaEngine } from './settings/engines.ts';
import type { Settings } from './settings/schema.ts';

/**
 * Everything in one process, with the log in Kafka: PBX → ingest → log → a member of the projectors' group → topic → list → HTTP. The list
 * comes from the topic, since others may have some of the partitions.
 */
export const startOnKafka = async (
  settings: Settings,
  { log: engine, publish }: { log: KafkaEngine; publish: KafkaConnection },
  world: World,
  logger: Logger,
): Promise<Service> => {
  const { data, staleAfter, staleAnswers } = settings;
  const lock = lockDataDir(data, world.clock);
  const begun: (() => Promise<void>)[] = [async () => lock.release()];
  const stop = async (): Promise<void> => {
    for (const end of begun.reverse()) await end();
  };
  try {
    const metrics = createMetrics();
    const entrance = openEntrance(settings, world, logger);
    begun.push(entrance.close);
    const projecting = startProjecting({ engine, settings, publish, metrics, world, logger });
    begun.push(projecting.stop);
    const listing = await startListing({ log: engine, publish }, { data, world, logger });
    begun.push(listing.stop);
    const ingesting = startIngesting({ engine, settings, metrics, world, logger });
    begun.push(ingesting.stop);
    const { cache, at, follow } = listing;
    const http = await serveHttp(entrance, settings, world, {
      ...{ cache, at, follow, staleAfter, staleAnswers, metrics, clock: world.clock },
      readiness: () => ({
        problems: [...ingesting.problems(), ...projecting.problems(), ...listing.problems()],
        pbxs: sessionStates(ingesting.sessions()),
        position: cache.checkpoint,
        publishing: projecting.state(),
        spool: ingesting.spool(),
      }),
    });
    begun.push(http.close);
    const ami =
      settings.ami &&
      (await startAmiFace(settings.ami, entrance, {
        ...{ cache, staleAfter, staleAnswers, follow, world },
      }));
    if (ami) begun.push(ami.close);
    const url = http.served?.url;
    return {
      lines: [
        'Rollcall: the true list of live channels',
        `  log   rollcall.events on ${engine.connection.brokers.join(', ')}`,
        `  topic rollcall.channels on ${publish.brokers.join(', ')}`,
        listLine(url),
        ...(ami ? [`  AMI   ${ami.at}`] : []),
        `  PBX   ${Object.keys(settings.pbx).join(', ') || 'demo: a recording plays'}`,
      ],
      failed: Promise.all([ingesting.opened, projecting.opened, listing.opened]),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
