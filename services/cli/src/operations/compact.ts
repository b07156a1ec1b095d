import { operation } from '@rollcall/api/operations';
import { position } from '@rollcall/channel';
import { z } from 'zod';
import { compactLog } from '../compact.ts';
import { embeddedOnly } from '../engines/embedded-only.ts';
import type { Operated } from './operated.ts';

export const compactResult = z.object({
  streams: z.int(),
  events: z.int(),
  held: z.int(),
  compactedTo: z.int(),
  givenBack: z.int(),
  proof: z.object({ position: z.int(), channels: z.int(), digest: z.string() }),
});

/** Drops the streams that were over by a time. */
export const compactOperation = ({ dir: { log, cache } }: Operated) =>
  operation({
    name: 'log-compact',
    /** Milliseconds since 1970: what was over by then is dropped. */
    body: z.strictObject({ before: z.number().nonnegative() }),
    changes: true,
    run: async ({ before }, { signal, progress }): Promise<z.output<typeof compactResult>> => {
      const own = embeddedOnly(
        log,
        'Compacting',
        'EventStoreDB: set retain, and let the server scavenge. Kafka keeps everything.',
      );
      const target = await own.positionAt(before);
      return compactLog(own, cache, {
        before: target,
        signal,
        progress: ({ position: at, events }) =>
          progress({ phase: 'compacting', position: at, target: position(target), events }),
      });
    },
  });
