import { serveHealth } from '@rollcall/api/health';
import { createMetrics } from '@rollcall/api/metrics';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { startProjecting } from '../services/projecting.ts';
import { createLogger, runService, type Service } from '../services/run-service.ts';
import { enginesOf } from '../settings/engines.ts';
import { type Flags, loadSettings } from '../settings/load.ts';
import { settingsWrong } from '../settings/settings-wrong.ts';
import { engineOptions, healthOptions, processOptions } from './service-options.ts';

/** Where it says how it is, unless told otherwise. */
const HTTP = '127.0.0.1:8098';

/** `rollcall projector`: log → list → topic, until SIGTERM or SIGINT. */
export const registerProjector = (program: Command, context: Context): void => {
  const command = program
    .command('projector')
    .description('one service of several: fold the log into the list, and publish it on Kafka');
  engineOptions(command).option(
    '--publish <kafka>',
    'where: kafka, or an address; with a log in Kafka that one, unless given',
  );
  processOptions(healthOptions(command, HTTP))
    .addHelpText('after', HELP)
    .action((flags: Flags) => project(flags, context));
};

const project = async (flags: Flags, { env, terminal, world }: Context): Promise<void> => {
  const settings = loadSettings(flags, env, { http: HTTP });
  const { log: engine, publish } = await enginesOf(settings);
  if (!publish)
    throw settingsWrong('publish is not given: a projector by itself publishes the list, and does nothing else');
  const logger = createLogger(settings);
  const start = async (): Promise<Service> => {
    const metrics = createMetrics();
    const projecting = startProjecting({ engine, settings, publish, metrics, world, logger });
    try {
      const health = await serveHealth(settings, {
        metrics,
        readiness: () => ({ problems: projecting.problems(), ...projecting.state() }),
      });
      return {
        lines: [
          'Rollcall projector',
          `  log   ${engine.is}${engine.is === 'kafka' ? ', shared with the other projectors of the group' : ''}`,
          `  topic rollcall.channels on ${publish.brokers.join(', ')}`,
          ...(health.url ? [`  see   ${health.url}/readyz`] : []),
        ],
        failed: projecting.opened,
        stop: async () => {
          await projecting.stop();
          await health.close();
        },
      };
    } catch (error) {
      await projecting.stop();
      throw error;
    }
  };
  await runService(start, { out: terminal.out, logger });
};

const HELP = `
With the embedded log it reads the data directory that the ingest writes (--data). Of a log that is embedded or in EventStoreDB there
is one projector; those of a log in Kafka share its partitions, and take over from one that ends.

Examples:
  rollcall projector --data /var/lib/rollcall --publish kafka://10.0.0.9:9092
  rollcall projector --log kafka://10.0.0.9:9092
`;
