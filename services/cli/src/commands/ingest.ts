import { serveHealth } from '@rollcall/api/health';
import { createMetrics } from '@rollcall/api/metrics';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { startIngesting } from '../services/ingesting.ts';
import { createLogger, runService, type Service } from '../services/run-service.ts';
import { sessionStates } from '../session-readings.ts';
import { enginesOf } from '../settings/engines.ts';
import { type Flags, loadSettings } from '../settings/load.ts';
import { engineOptions, healthOptions, newLogOptions, pbxOptions, processOptions } from './service-options.ts';

/** Where it says how it is, unless told otherwise. */
const HTTP = '127.0.0.1:8097';

/** `rollcall ingest`: PBXs → log, until SIGTERM or SIGINT. */
export const registerIngest = (program: Command, context: Context): void => {
  const command = program
    .command('ingest')
    .description('one service of several: follow the PBXs, and write what happens to the log');
  newLogOptions(engineOptions(pbxOptions(command)));
  processOptions(healthOptions(command, HTTP))
    .addHelpText('after', HELP)
    .action((flags: Flags) => ingest(flags, context));
};

const ingest = async (flags: Flags, { env, terminal, world }: Context): Promise<void> => {
  const settings = loadSettings(flags, env, { http: HTTP });
  const { log: engine } = await enginesOf(settings);
  const logger = createLogger(settings);
  const start = async (): Promise<Service> => {
    const metrics = createMetrics();
    const ingesting = startIngesting({ engine, settings, metrics, world, logger });
    try {
      const health = await serveHealth(settings, {
        metrics,
        readiness: () => ({
          problems: ingesting.problems(),
          spool: ingesting.spool(),
          pbxs: sessionStates(ingesting.sessions()),
        }),
      });
      const pbxs = Object.keys(settings.pbx).join(', ') || 'demo: a recording plays';
      return {
        lines: ['Rollcall ingest', `  PBX   ${pbxs}`, `  log   ${engine.is}`, ...healthLine(health.url)],
        failed: ingesting.opened,
        stop: async () => {
          await ingesting.stop();
          await health.close();
        },
      };
    } catch (error) {
      await ingesting.stop();
      throw error;
    }
  };
  await runService(start, { out: terminal.out, logger });
};

const healthLine = (url: string | undefined): string[] => (url ? [`  see   ${url}/readyz`] : []);

const HELP = `
With the embedded log it writes the data directory; projector and api read the same one (--data). With a log on a server what
happens while that is away waits in DATA/spool, and the PBXs are followed all the same.
Settings also come from a config file and from ROLLCALL_*; docs/settings.md lists all, docs/engines.md says how the services go together.

Examples:
  rollcall ingest --pbx pbx-a=ami://rollcall:secret@10.0.0.5:5038
  rollcall ingest --config /etc/rollcall.yaml --log kafka://10.0.0.9:9092 --log-partitions 4
`;
