import { isRollcallError } from '@rollcall/errors';
import { openEmbeddedLog } from '@rollcall/event-log';
import { replay, replayOpen, verify } from '@rollcall/projector';
import { createMemoryCache, type Difference, differences, readImage } from '@rollcall/state-cache';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { imagePath } from '../data-dir.ts';
import { createProgress } from '../progress.ts';

type Check = { what: string; position: number; channels: number; differences: Difference[] };

/** `rollcall verify`: is everything that answers for the log what the log says? Exit 0 when it is, 1 when not. */
export const registerVerify = (program: Command, context: Context): void => {
  program
    .command('verify')
    .description('fold the whole log afresh and compare it with what the list is read from')
    .option('--data <dir>', 'data directory')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (options: { data?: string; json?: boolean }) => {
      const data = options.data ?? context.settings.data;
      const { terminal, world } = context;
      const log = openEmbeddedLog({ dir: data, world, mode: 'read' });
      try {
        const head = await log.head();
        const progress = createProgress(terminal, 'verify', head);
        const whole = await replay(log, head, (position) => progress.at(position));
        progress.done();
        const open = await replayOpen(log, head);
        const checks: Check[] = [
          { what: 'open streams', position: head, channels: whole.size, differences: differences(whole, open) },
        ];
        const image = await readImage(imagePath(data), {
          id: log.id,
          head,
          compactedTo: await log.compactedTo(),
        }).catch((error) => {
          if (!isRollcallError(error, 'IMAGE_REFUSED')) throw error;
          terminal.err(`${error.line}\n`);
          return undefined;
        });
        if (image) {
          const cache = createMemoryCache();
          cache.commit(image);
          checks.push({ what: 'image', ...(await verify(log, cache)) });
        }
        const found = checks.flatMap((check) => check.differences).length;
        if (options.json) terminal.out(`${JSON.stringify({ equal: found === 0, head, checks })}\n`);
        else for (const check of checks) terminal.out(describe(check));
        if (found > 0) process.exitCode = 1;
      } finally {
        await log.close();
      }
    });
};

const describe = ({ what, position, channels, differences: found }: Check): string => {
  const head = `${what}: ${channels} live channels at position ${position}, ${found.length} differences\n`;
  return head + found.map(({ stream, what: how, fields }) => `  ${stream} ${how} ${fields.join(', ')}\n`).join('');
};

const HELP = `
Every event of the log is read and folded, and the result compared with
  - what "rollcall channels" reads: the streams that are open, and
  - the image that a restart begins with, at its own position.
Writing may go on meanwhile. Exit status: 0 equal, 1 different, 2 could not be checked.

Examples:
  rollcall verify
  rollcall verify --data /var/lib/rollcall --json
`;
