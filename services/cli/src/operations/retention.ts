import { type Jobs, operation } from '@rollcall/api/operations';
import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import { embeddedOnly } from '../engines/embedded-only.ts';
import { type Kept, keepTo } from '../retention.ts';
import type { Operated } from './operated.ts';

const SERVERS_OWN = 'A server keeps what its own settings say: docs/engines.md.';

const kept = z.object({ streams: z.int(), events: z.int(), givenBack: z.int() });

/** Keeps the log to the settings now; it also runs by itself, from time to time. */
export const retentionOperation = ({ dir, retention }: Operated) =>
  operation({
    name: 'retention',
    body: z.strictObject({}),
    changes: true,
    run: async (_, { signal }): Promise<Kept> =>
      keepTo(retention ?? {}, { ...dir, log: embeddedOnly(dir.log, 'This retention', SERVERS_OWN) }, signal),
  });

/**
 * Retention as a job, so that it never meets a rebuild.
 * @throws RollcallError JOB_IN_THE_WAY, and what the job failed with
 */
export const keepAsJob = (jobs: Jobs, signal: AbortSignal): Promise<Kept> =>
  new Promise((resolve, reject) => {
    const { id } = jobs.start('retention', {});
    const stop = (): void => void jobs.stop(id);
    signal.addEventListener('abort', stop, { once: true });
    jobs.watch(id, ({ state, result, error }) => {
      if (state === 'running') return;
      signal.removeEventListener('abort', stop);
      if (state === 'done') resolve(kept.parse(result));
      else reject(new RollcallError(error?.code ?? 'DEFECT', error?.message ?? '', error?.advice ?? ''));
    });
  });
