import type { LogStats } from '@rollcall/event-log';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { openDirLog } from '../../engines/settings-log.ts';
import { bytes } from '../../reading/bytes.ts';
import { jsonLine } from '../../reading/json-line.ts';

type Options = { data?: string; types?: boolean; json?: boolean };

/** `rollcall log stats`: what the log holds and what room it takes. */
export const registerStats = (log: Command, context: Context): void => {
  log
    .command('stats')
    .description('what the log holds, from when to when, and what room it takes')
    .option('--data <dir>', 'data directory; a running Rollcall is not disturbed')
    .option('--types', 'count the events of each type too: every event is read')
    .option('--json', 'print it as one JSON object')
    .action((options: Options) => stats(options, context));
};

const stats = async ({ data, types = false, json }: Options, { terminal, world, settings }: Context): Promise<void> => {
  const log = openDirLog({ data: data ?? settings.data, settings, world }, 'These counts');
  try {
    const found = await log.stats({ byType: types });
    const byType = found.byType && Object.fromEntries(found.byType);
    terminal.out(json ? jsonLine({ ...found, byType }) : describe(found, log.path));
  } finally {
    await log.close();
  }
};

const describe = (found: LogStats, path: string): string => {
  const { events, streams, openStreams, first, last, compactedTo, fileBytes, freeBytes, bytesPerEvent, disk } = found;
  const at = (place: LogStats['first']): string =>
    place === undefined ? 'nothing' : `#${place.position}, ${new Date(place.recorded).toISOString()}`;
  return `${[
    `${path}, made ${found.created}`,
    `  events    ${count(events)}, ${Math.round(bytesPerEvent)} bytes each with their indexes`,
    `  streams   ${count(streams)}: ${count(openStreams)} open, ${count(streams - openStreams)} over`,
    `  from      ${at(first)}`,
    `  to        ${at(last)}`,
    `  dropped   ${compactedTo === 0 ? 'nothing yet' : `what was over by #${compactedTo}`}`,
    `  file      ${bytes(fileBytes)}, of which ${bytes(freeBytes)} free for what comes`,
    ...(disk ? [`  disk      ${bytes(disk.freeBytes)} of ${bytes(disk.bytes)} free`] : []),
    ...[...(found.byType ?? [])].map(([type, number]) => `  ${count(number).padStart(14)}  ${type}`),
  ].join('\n')}\n`;
};

const count = (number: number): string => number.toLocaleString('en');
