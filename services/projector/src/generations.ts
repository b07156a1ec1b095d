import { errorLine, isRollcallError, RollcallError } from '@rollcall/errors';
import { catchUp, type RebuildProgress, type Rebuilt, rebuild, type Turnstile, takeOver } from '@rollcall/projector';
import type { Changes, Difference, StateCache } from '@rollcall/state-cache';
import type { DataDir, ImageName } from './data-dir.ts';

export type RebuildRequest = {
  /** Read every event, not only the streams that are open. */
  full: boolean;
  /** Begin anew although an interrupted full rebuild could go on. */
  fresh: boolean;
  signal?: AbortSignal;
  progress?: (progress: RebuildProgress) => void;
};

export type RebuildResult = Omit<Rebuilt, 'previous'> & {
  /** Position from which an interrupted rebuild went on. */
  resumedFrom: number | undefined;
  /** What could not be kept for later, a line each: on a full disk, say. The list is right all the same. */
  warnings: string[];
};

/** The list that is served, the one it replaced, and the way from one to the other. */
export type Generations = {
  rebuild: (request: RebuildRequest) => Promise<RebuildResult>;
  /**
   * Brings the generation before back, up to date; what was live is then the one before.
   * @throws RollcallError NO_GENERATION_BEFORE
   */
  back: () => Promise<{ position: number; channels: number; changed: Difference[]; warnings: string[] }>;
  /** Lets go of the generation before; false when there is none. */
  discard: () => Promise<boolean>;
};

export const createGenerations = (options: {
  dir: DataDir;
  turnstile: Turnstile;
  /** Gives way to whatever else waits. */
  breathe: () => Promise<void>;
  /** Told what readers see otherwise after a swap, and each change that follows in the same turn. */
  swapped: (changes: Changes) => void;
}): Generations => {
  const { dir, turnstile, breathe, swapped } = options;
  const { log, cache: live } = dir;
  let before: StateCache | undefined;
  const tell = {
    swapped: (found: readonly Difference[]) => swapped(changesOf(found, live)),
    committed: swapped,
  };

  const keepBoth = async (previous: StateCache, warnings: string[]): Promise<void> => {
    before = previous;
    await breathe();
    await keep('previous', previous, warnings);
    await breathe();
    await keep('channels', live, warnings);
  };

  const keep = (name: ImageName, cache: StateCache, warnings: string[]): Promise<void> =>
    dir.saveImage(name, cache).catch((error) => void warnings.push(errorLine(error)));

  const usable = async (): Promise<StateCache> => {
    const previous = before ?? (await dir.loadImage('previous'));
    if (previous && previous.checkpoint >= (await log.compactedTo())) return previous;
    throw new RollcallError(
      'NO_GENERATION_BEFORE',
      previous
        ? 'The generation before is older than what retention has left in the log.'
        : 'There is no generation before this one.',
      'Rebuild instead: rollcall replay.',
    );
  };

  return {
    rebuild: async ({ full, fresh, signal, progress }) => {
      const resumeFrom = full && !fresh ? await dir.loadImage('unfinished') : undefined;
      const resumedFrom = resumeFrom?.checkpoint;
      const warnings: string[] = [];
      const { previous, ...rebuilt } = await rebuild({
        log,
        live,
        turnstile,
        path: full ? 'full' : 'open',
        ...tell,
        breathe,
        keep: (unfinished) => keep('unfinished', unfinished, warnings),
        ...(resumeFrom && { resumeFrom }),
        ...(signal && { signal }),
        ...(progress && { progress }),
      }).catch(async (error) => {
        // What it went on from may be what is wrong.
        if (isRollcallError(error, 'REBUILD_NOT_VERIFIED')) await dir.dropImage('unfinished');
        throw error;
      });
      await keepBoth(previous, warnings);
      await dir.dropImage('unfinished');
      return { ...rebuilt, resumedFrom, warnings };
    },

    back: async () => {
      const previous = await usable();
      await catchUp(log, previous, await log.head());
      const changed = await turnstile(() => takeOver({ log, live, next: previous, breathe, ...tell }));
      const warnings: string[] = [];
      await keepBoth(previous, warnings);
      return { position: live.checkpoint, channels: live.size, changed, warnings };
    },

    discard: async () => {
      const had = before !== undefined || (await dir.loadImage('previous')) !== undefined;
      before = undefined;
      await dir.dropImage('previous');
      return had;
    },
  };
};

/** The differences of two generations as what whoever follows the list has to be told; `now`: the one that took over. */
const changesOf = (found: readonly Difference[], now: StateCache): Changes => {
  const streams = new Set(found.map(({ stream }) => stream));
  const puts = new Map(
    [...streams].flatMap((stream) => {
      const channel = now.get(stream);
      return channel ? [[stream, channel] as const] : [];
    }),
  );
  return {
    puts,
    removals: [...streams].filter((stream) => stream.startsWith('channel/') && !puts.has(stream)),
    pbxs: [...now.pbxs()].filter(({ name }) => streams.has(`pbx/${name}`)),
    quarantine: new Map([...streams].map((stream) => [stream, now.quarantined(stream)])),
    checkpoint: now.checkpoint,
  };
};
