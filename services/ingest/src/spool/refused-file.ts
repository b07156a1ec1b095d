import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@rollcall/clock';
import { errorLine, isRollcallError } from '@rollcall/errors';
import type { SpooledAppend } from './spool.ts';

/** Beyond it what is refused is only counted and logged. */
const MAX_BYTES = 100e6;

/** What can be placed nowhere, one append a line, with the reason, so that a person can look into it. */
export const createRefusedFile = (dir: string, clock: Clock) => {
  const path = join(dir, 'refused.ndjson');
  return {
    path,
    /** On the disk when it returns. */
    write: (
      { stream, expected, events }: Pick<SpooledAppend, 'stream' | 'expected' | 'events'>,
      why: unknown,
    ): void => {
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) return;
      const code = isRollcallError(why) ? why.code : undefined;
      const at = new Date(clock.now()).toISOString();
      const file = openSync(path, 'a', 0o600);
      try {
        writeSync(file, `${JSON.stringify({ at, code, reason: errorLine(why), stream, expected, events })}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
  };
};

export type RefusedFile = ReturnType<typeof createRefusedFile>;
