import { createMetrics, listMetrics } from '@rollcall/api/metrics';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { listLine } from '../list-line.ts';
import { startListing } from '../services/listing.ts';
import { createLogger, runService, type Service } from '../services/run-service.ts';
import { openEntrance, serveHttp } from '../serving.ts';
import { enginesOf } from '../settings/engines.ts';
import { type Flags, loadSettings } from '../settings/load.ts';
import { settingsWrong } from '../settings/settings-wrong.ts';
import { engineOptions, processOptions, servingOptions } from './service-options.ts';

/** `rollcall api`: serves the list that others make, until SIGTERM or SIGINT. */
export const registerApi = (program: Command, context: Context): void => {
  const command = program.command('api').description('one service of several: serve the list that the others make');
  engineOptions(command).option(
    '--publish <kafka>',
    'read the topic there: kafka, or an address. Without it the log is read',
  );
  processOptions(servingOptions(command))
    .addHelpText('after', HELP)
    .action((flags: Flags) => serve(flags, context));
};

const serve = async (flags: Flags, { env, terminal, world }: Context): Promise<void> => {
  const settings = loadSettings(flags, env);
  const { data, http, staleAfter, staleAnswers } = settings;
  if (!http) throw settingsWrong('http is off: a service that serves the list needs an address to serve it at');
  const engines = await enginesOf(settings);
  const { log: engine, publish } = engines;
  const logger = createLogger(settings);
  const start = async (): Promise<Service> => {
    const entrance = openEntrance(settings, world, logger);
    const options = { data, world, logger };
    const listing = await startListing(engines, options);
    const { cache, at, follow, log } = listing;
    const metrics = createMetrics();
    listMetrics(metrics, { cache, clock: world.clock, staleAfter });
    try {
      const { served, close } = await serveHttp(entrance, settings, world, {
        ...{ cache, at, follow, metrics, staleAfter, staleAnswers, clock: world.clock },
        ...(log && { log }),
        readiness: () => ({ problems: listing.problems(), pbxs: [], position: cache.checkpoint }),
      });
      return {
        lines: [
          'Rollcall api',
          `  from  ${publish ? `topic rollcall.channels on ${publish.brokers.join(', ')}` : `the log (${engine.is})`}`,
          listLine(served?.url),
        ],
        failed: listing.opened,
        stop: async () => {
          await close();
          await listing.stop();
          await entrance.close();
        },
      };
    } catch (error) {
      await listing.stop();
      await entrance.close();
      throw error;
    }
  };
  await runService(start, { out: terminal.out, logger });
};

const HELP = `
With --publish (or a log in Kafka) the list comes from the topic rollcall.channels, which a projector keeps; any number of these may run.
Without it, this process folds the log itself: the embedded one in --data, which an ingest writes, or one in EventStoreDB.

Examples:
  rollcall api --publish kafka://10.0.0.9:9092
  rollcall api --data /var/lib/rollcall --http 0.0.0.0:8099
`;
