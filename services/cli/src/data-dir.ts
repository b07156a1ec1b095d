import { join } from 'node:path';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { type EventLog, lockDataDir, openEmbeddedLog } from '@rollcall/event-log';
import { catchUp } from '@rollcall/projector';
import { createMemoryCache, readImage, type StateCache, writeImage } from '@rollcall/state-cache';

export const imagePath = (data: string): string => join(data, 'channels.image');

/** A data directory opened for writing: this process alone writes to it. */
export type DataDir = {
  log: EventLog;
  /** The list as the log has it. */
  cache: StateCache;
  /** Why the image could not be used, where there was one. */
  imageRefused: string | undefined;
  saveImage: () => Promise<void>;
  /** Brings the list to the log's end, saves the image, and lets go of the directory. */
  close: () => Promise<void>;
};

/**
 * Takes the directory, and brings the list up: from the image and what came after it, or, without an image that can be
 * trusted, from the log alone.
 * @throws RollcallError DATA_DIR_IN_USE, DATA_DIR_READ_ONLY, LOG_DAMAGED
 */
export const openDataDir = async (options: {
  data: string;
  world: World;
  progress?: (position: number, head: number) => void;
}): Promise<DataDir> => {
  const { data, world, progress } = options;
  const lock = lockDataDir(data, world.clock);
  let log: EventLog | undefined;
  try {
    log = openEmbeddedLog({ dir: data, world });
    const opened = log;
    const head = await opened.head();
    const saveImage = () => writeImage(imagePath(data), cache, opened.id);
    const cache = createMemoryCache();
    let imageRefused: string | undefined;
    try {
      const image = await readImage(imagePath(data), { id: opened.id, head });
      if (image) cache.commit(image);
    } catch (error) {
      imageRefused = errorLine(error);
    }
    await catchUp(opened, cache, head, (position) => progress?.(position, head));
    return {
      log: opened,
      cache,
      imageRefused,
      saveImage,
      close: async () => {
        try {
          await catchUp(opened, cache, await opened.head());
          await saveImage();
        } finally {
          await opened.close();
          lock.release();
        }
      },
    };
  } catch (error) {
    await log?.close();
    lock.release();
    throw error;
  }
};
