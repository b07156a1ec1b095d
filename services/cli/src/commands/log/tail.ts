import { type Position, position, type RecordedEvent, START } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { printable } from '@rollcall/listing';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { openSettingsLog } from '../../engines/settings-log.ts';
import { jsonLine } from '../../reading/json-line.ts';
import { untilEnded } from '../../signals.ts';
import { usage } from './usage.ts';

type Options = { data?: string; lines: string; follow?: boolean; json?: boolean; pbx?: string };

const MAX_LINES = 100_000;

/** `rollcall log tail`: the last events as they were written, and with `--follow` whatever comes. */
export const registerTail = (log: Command, context: Context): void => {
  log
    .command('tail')
    .description('the last events of the log; with --follow, whatever is written from now on too')
    .option('--data <dir>', 'data directory; a running Rollcall is not disturbed')
    .option('-n, --lines <count>', `how many, ${MAX_LINES} at most`, '20')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--pbx <name>', 'of this PBX only')
    .option('--json', 'one JSON object a line, with everything')
    .action((options: Options) => tail(options, context));
};

const tail = async (options: Options, context: Context): Promise<void> => {
  const { terminal, world, settings } = context;
  const wanted = count(options.lines);
  const log = await openSettingsLog({ data: options.data ?? settings.data, settings, world });
  const passes = ({ pbx }: RecordedEvent): boolean => options.pbx === undefined || pbx === options.pbx;
  const print = (event: RecordedEvent): void => terminal.out(options.json ? jsonLine(event) : line(event));
  try {
    const head = await log.head();
    for (const event of await lastEvents(log, head, wanted, passes)) print(event);
    if (!options.follow) return;
    await untilEnded(context.signal, async ({ signal }) => {
      for await (const batch of log.subscribe(head, signal)) for (const event of batch.filter(passes)) print(event);
    });
  } finally {
    await log.close();
  }
};

const count = (text: string): number => {
  if (/^\d{1,6}$/.test(text) && Number(text) <= MAX_LINES) return Number(text);
  throw usage(`--lines ${JSON.stringify(text.slice(0, 20))} is no number from 0 to ${MAX_LINES}`, 'tail');
};

/** Retention leaves gaps in the positions, and a filter makes more: reads further back until there are enough. */
const lastEvents = async (
  log: EventLog,
  head: Position,
  wanted: number,
  passes: (event: RecordedEvent) => boolean,
): Promise<RecordedEvent[]> => {
  for (let window = wanted + 1_000; wanted > 0; window *= 4) {
    const from = position(Math.max(START, head - window));
    const found: RecordedEvent[] = [];
    for await (const batch of log.readAll(from, head)) {
      for (const event of batch) if (passes(event)) found.push(event);
      if (found.length > 2 * wanted) found.splice(0, found.length - wanted);
    }
    if (found.length >= wanted || from === START) return found.slice(-wanted);
  }
  return [];
};

const line = ({ position: place, time, stream, revision, source, type, data }: RecordedEvent): string =>
  `${printable(`#${place}  ${new Date(time).toISOString()}  ${source.padEnd(9)} ${stream} rev ${revision}  ${type}  ${JSON.stringify(data)}`)}\n`;
