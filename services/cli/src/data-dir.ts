import { join } from 'node:path';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { type EventLog, openEmbeddedLog } from '@rollcall/event-log';
import { catchUp } from '@rollcall/projector';
import { createMemoryCache, readImage, type StateCache, writeImage } from '@rollcall/state-cache';

export const imagePath = (data: string): string => join(data, 'channels.image');

/** A data directory opened for writing: this process alone writes to it. */
export type DataDir = {
  log: EventLog;
  /** The list as the log has it. */
  cache: StateCache;
  saveImage: () => Promise<void>;
  /** Brings the list to the log's end, saves the image if it can, and lets go of the directory. */
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
  /** Told, in one line, what went wrong with the image: that is no reason to stop. */
  warn: (line: string) => void;
  progress?: (position: number, head: number) => void;
}): Promise<DataDir> => {
  const { data, world, warn, progress } = options;
  // The log takes the directory for this process, and lets go of it when it is closed.
  const log = openEmbeddedLog({ dir: data, world });
  try {
    const head = await log.head();
    const cache = createMemoryCache();
    const saveImage = () => writeImage(imagePath(data), cache, log.id);
    try {
      const image = await readImage(imagePath(data), { id: log.id, head, compactedTo: await log.compactedTo() });
      if (image) cache.commit(image);
    } catch (error) {
      warn(errorLine(error));
    }
    await catchUp(log, cache, head, (position) => progress?.(position, head));
    return {
      log,
      cache,
      saveImage,
      close: async () => {
        try {
          await catchUp(log, cache, await log.head());
          await saveImage().catch((error) => warn(errorLine(error)));
        } finally {
          await log.close();
        }
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
};
