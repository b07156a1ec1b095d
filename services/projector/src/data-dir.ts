import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { type DataDirLock, type EmbeddedLog, type EventLog, lockDataDir, openEmbeddedLog } from '@rollcall/event-log';
import { catchUp, createCounters, createTurnstile, replayOpen, retryQuarantine } from '@rollcall/projector';
import { createMemoryCache, readImage, type StateCache, writeImage } from '@rollcall/state-cache';

/** What the data directory keeps of a cache: the list for a fast restart, the generation before it, a rebuild not yet done. */
export type ImageName = 'channels' | 'previous' | 'unfinished';

export const imagePath = (data: string, name: ImageName = 'channels'): string =>
  join(data, name === 'channels' ? 'channels.image' : `channels.${name}.image`);

/** A data directory opened for writing: this process alone writes to it. Its log lies in it, or on a server. */
export type DataDir<Log extends EventLog = EventLog> = {
  log: Log;
  /** The list as the log has it. */
  cache: StateCache;
  saveImage: (name?: ImageName, cache?: StateCache) => Promise<void>;
  /** The cache that an image holds; undefined where there is none that can be trusted. */
  loadImage: (name: ImageName) => Promise<StateCache | undefined>;
  dropImage: (name: ImageName) => Promise<void>;
  /** Brings the list to the log's end, saves the image if it can, and lets go of the directory. */
  close: () => Promise<void>;
};

export type DataDirOptions = {
  data: string;
  world: World;
  /** Told, in one line, what went wrong with the image: that is no reason to stop. */
  warn: (line: string) => void;
  progress?: (position: number, head: number) => void;
};

/**
 * Takes the directory, and brings the list up: from the image and what came after it, or, without an image that can be
 * trusted, from the streams that are open. What an older version could not read is tried again.
 * @throws RollcallError DATA_DIR_IN_USE, DATA_DIR_READ_ONLY, LOG_DAMAGED
 */
export const openDataDir = async (options: DataDirOptions): Promise<DataDir<EmbeddedLog>> =>
  // The log takes the directory for this process, and lets go of it when it is closed.
  openWith(options, openEmbeddedLog({ dir: options.data, world: options.world }));

/**
 * The same for a log on a server, of which the directory keeps only the images.
 * @throws RollcallError DATA_DIR_IN_USE, DATA_DIR_READ_ONLY; what `open` throws
 */
export const openDataDirBeside = async (
  options: DataDirOptions & { open: () => Promise<EventLog> },
): Promise<DataDir> => {
  const lock: DataDirLock = lockDataDir(options.data, options.world.clock);
  try {
    const log = await options.open();
    const dir = await openWith(options, log);
    return { ...dir, close: () => dir.close().finally(lock.release) };
  } catch (error) {
    lock.release();
    throw error;
  }
};

const openWith = async <Log extends EventLog>(
  { data, warn, progress }: Omit<DataDirOptions, 'world'>,
  log: Log,
): Promise<DataDir<Log>> => {
  // One after the other: each is written beside the image of its name first.
  const inTurn = createTurnstile();
  const saveImage = (name: ImageName = 'channels', of = cache) =>
    inTurn(() => writeImage(imagePath(data, name), of, log.id));
  const loadImage = async (name: ImageName): Promise<StateCache | undefined> => {
    try {
      const place = { id: log.id, head: await log.head(), compactedTo: await log.compactedTo() };
      const image = await readImage(imagePath(data, name), place);
      if (!image) return undefined;
      const loaded = createMemoryCache();
      loaded.commit(image);
      return loaded;
    } catch (error) {
      warn(errorLine(error));
      return undefined;
    }
  };
  let cache: StateCache;
  try {
    const head = await log.head();
    cache = (await loadImage('channels')) ?? (await replayOpen(log, head));
    await catchUp(log, cache, head, (position) => progress?.(position, head));
    await retryQuarantine(log, cache, createCounters());
  } catch (error) {
    await log.close();
    throw error;
  }
  return {
    log,
    cache,
    saveImage,
    loadImage,
    dropImage: (name) => rm(imagePath(data, name), { force: true }),
    close: async () => {
      try {
        await catchUp(log, cache, await log.head());
        await saveImage().catch((error) => warn(errorLine(error)));
      } finally {
        await log.close();
      }
    },
  };
};
