import type { Quarantined } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { createCounters, replayOpen, runProjector } from '@rollcall/projector';
import { type CacheReader, type Changes, createMemoryCache } from '@rollcall/state-cache';
import { openSettingsLog } from '../engines/settings-log.ts';
import type { Remote } from './reading.ts';
import { fetchView } from './remote-view.ts';

/** A list that is kept up with what happens. */
export type Followed = {
  readonly cache: CacheReader;
  /** Why the list cannot be kept up at the moment. */
  readonly problem: string | undefined;
  /** Runs until `signal` aborts; `changed` is called after each change of the list, or of `problem` (without changes). */
  run: (changed: (changes?: Changes) => void, signal: AbortSignal) => Promise<void>;
  close: () => Promise<void>;
};

/**
 * Follows the log that the settings name, which another process may be writing.
 * @throws RollcallError as openSettingsLog
 */
export const followLog = async (place: Parameters<typeof openSettingsLog>[0]): Promise<Followed> => {
  const log = await openSettingsLog(place);
  try {
    const cache = await replayOpen(log);
    return {
      cache,
      problem: undefined,
      run: (committed, signal) => runProjector({ log, cache, signal, counters: createCounters(), committed }),
      close: () => log.close(),
    };
  } catch (error) {
    await log.close();
    throw error;
  }
};

const POLL_MS = 1000;

/** Follows a running server by asking for its list once a second. What comes and goes between two answers is not seen. */
export const followServer = async (remote: Remote, pbx: string | undefined, world: World): Promise<Followed> => {
  const cache = createMemoryCache();
  const ask = async (): Promise<Changes> => changesTo(cache, (await fetchView({ ...remote, pbx, world })).cache);
  cache.commit(await ask());
  let problem: string | undefined;
  return {
    cache,
    get problem() {
      return problem;
    },
    run: async (changed, signal) => {
      for (;;) {
        await world.scheduler.sleep(POLL_MS, signal);
        if (signal.aborted) return;
        try {
          const changes = await ask();
          problem = undefined;
          cache.commit(changes);
          changed(changes);
        } catch (error) {
          problem = errorLine(error);
          changed();
        }
      }
    },
    close: async () => {},
  };
};

const changesTo = (before: CacheReader, after: CacheReader): Changes => {
  const puts = new Map(
    [...after.entries()].filter(([stream, { position }]) => before.get(stream)?.position !== position),
  );
  const removals = [...before.entries()].map(([stream]) => stream).filter((stream) => !after.get(stream));
  const pbxs = [...after.pbxs()].filter(({ name, position }) => before.pbx(name)?.position !== position);
  const quarantine = new Map<string, Quarantined | undefined>();
  for (const { stream } of before.quarantine()) quarantine.set(stream, undefined);
  for (const set of after.quarantine()) quarantine.set(set.stream, set);
  return { puts, removals, pbxs, quarantine, checkpoint: after.checkpoint };
};
