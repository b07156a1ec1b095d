import type { World } from '@rollcall/clock';
import { errorLine, isRollcallError } from '@rollcall/errors';
import { defaultRetention, type EmbeddedLog, type RetentionPolicy } from '@rollcall/event-log';
import type { DataDir } from '@rollcall/projector-service/list';
import type { Logger } from 'pino';
import { compactLog } from './compact.ts';
import { bytes } from './reading/bytes.ts';
import { span } from './reading/span.ts';

export type RetentionSettings = { retain: number | 'default' | 'off'; retainSize: number | 'default' | 'off' };

/** What the settings come to on the disk that the log is on. */
export const retentionPolicy = async (log: EmbeddedLog, settings: RetentionSettings): Promise<RetentionPolicy> => {
  const { disk } = await log.stats();
  const usual = defaultRetention(disk?.bytes);
  const chosen = (setting: number | 'default' | 'off', by: number | undefined) =>
    setting === 'off' ? undefined : setting === 'default' ? by : setting;
  const maxAge = chosen(settings.retain, usual.maxAge);
  const maxBytes = chosen(settings.retainSize, usual.maxBytes);
  return {
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    // Who says "off" to both wants everything kept, whatever comes.
    ...(usual.keepFree === undefined || (maxAge === undefined && maxBytes === undefined)
      ? {}
      : { keepFree: usual.keepFree }),
  };
};

/** For a log in EventStoreDB, which is told of an age alone; undefined: for ever. */
export const retainOf = ({ retain }: Pick<RetentionSettings, 'retain'>): number | undefined =>
  retain === 'off' ? undefined : retain === 'default' ? defaultRetention(undefined).maxAge : retain;

/** For the greeting: what is kept of calls that are over. */
export const retentionText = ({ maxAge, maxBytes }: RetentionPolicy): string => {
  if (maxAge === undefined && maxBytes === undefined) return 'keeps everything for ever';
  const age = maxAge === undefined ? 'however old' : `for ${span(maxAge)}`;
  return `keeps what is over ${age}${maxBytes === undefined ? '' : `, in ${bytes(maxBytes)} at most`}`;
};

/** By size the plan is an estimate: so many attempts to get there at once. */
const ATTEMPTS = 5;

export type Kept = { streams: number; events: number; givenBack: number };

/** Drops what the policy does not keep; what is dropped is proved to change nothing in the list. */
export const keepTo = async (
  policy: RetentionPolicy,
  dir: DataDir<EmbeddedLog>,
  signal: AbortSignal,
): Promise<Kept> => {
  const kept: Kept = { streams: 0, events: 0, givenBack: 0 };
  for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted; attempt++) {
    const before = await dir.log.retentionPosition(policy);
    if (before <= (await dir.log.compactedTo())) return kept;
    const { streams, events, givenBack } = await compactLog(dir.log, dir.cache, { before, signal });
    kept.streams += streams;
    kept.events += events;
    kept.givenBack += givenBack;
    if (streams === 0) return kept;
  }
  return kept;
};

const EVERY_MS = 10 * 60_000;

/** Keeps the log to the policy, from time to time; `keep` may refuse, and is asked again the next time. */
export const startRetention = (options: {
  keep: (signal: AbortSignal) => Promise<Kept>;
  world: World;
  logger: Logger;
}): { stop: () => Promise<void> } => {
  const { keep, world, logger } = options;
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const { streams, events, givenBack } = await keep(stopping.signal);
        if (streams > 0) {
          logger.info(
            `Retention: ${streams} channels that were over are dropped, ${events} events, ${bytes(givenBack)} given back`,
          );
        }
      } catch (error) {
        if (!isRollcallError(error, 'JOB_IN_THE_WAY') && !stopping.signal.aborted)
          logger.warn(`Retention: ${errorLine(error)}`);
      }
      await world.scheduler.sleep(EVERY_MS, stopping.signal);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
