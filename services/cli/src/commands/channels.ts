import type { Channel } from '@rollcall/channel';
import { concise, footer, oldestFirst, plain, verbose } from '@rollcall/listing';
import { isUncertain } from '@rollcall/state-cache';
import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { parseFilters } from '../filter.ts';
import { channelJson } from '../reading/channel-json.ts';
import { jsonLine } from '../reading/json-line.ts';
import { openReading, type Place, placeOptions, type Reading } from '../reading/reading.ts';
import { checkPbx, type Selection, select } from '../reading/selection.ts';
import { lossReason, staleLine } from '../reading/stale-line.ts';
import { uncertainLines } from '../reading/uncertain.ts';

const FORMATS = ['concise', 'verbose', 'count', 'json', 'ndjson'] as const;
type Format = (typeof FORMATS)[number] | 'plain';

type Options = Place & { [format in Format]?: boolean } & { pbx?: string; filter?: string[]; at?: string };

const DESCRIPTIONS: Record<(typeof FORMATS)[number], string> = {
  concise: 'fourteen fields between ! on a line, as "core show channels concise" prints them',
  verbose: 'more columns, as "core show channels verbose" prints them',
  count: 'the counts alone, as "core show channels count" prints them',
  json: 'everything known of each channel, as one JSON array',
  ndjson: 'everything known of each channel, one JSON object a line',
};

const HELP = `
Columns, as in Asterisk's own list:
  Channel            technology, peer and a number: PJSIP/alice-0000002a
  Location           where it stands in the dialplan: exten@context:priority
  State              Ring (it calls), Ringing (it is called), Up (answered), Down, ...
  Application(Data)  what it runs; AppDial((Outgoing Line)) is the far end of a Dial
  Oldest first. PeerAccount and AMA flags are empty: no event feed of Asterisk says them.

Stale: the connection to a PBX is lost, so its channels may be over. They are listed for a while, one line on stderr says
so, and they are never counted. Uncertain: an event of a channel cannot be read, so it stands as it was before; a line on
stderr says so, and "uncertain" in --json. Only what Asterisk prints goes to stdout.

Examples:
  rollcall channels                                    what is live now
  rollcall channels --at 14:03                         what was live when it was last 14:03
  rollcall channels --at -10m --pbx pbx-a --concise    ten minutes ago, of one PBX, for a script
  rollcall channels --filter stateText=Up --filter name~^PJSIP/ --count
  rollcall channels --filter linkedid=1795360512.1501  one call with all its channels
  rollcall channels --url http://127.0.0.1:8099 --ndjson | jq -r .name
`;

/** `rollcall channels`: the list of live channels, now or as of any moment in the log. */
export const registerChannels = (program: Command, context: Context): void => {
  const command = program.command('channels').description('list the live channels, now or as they were');
  for (const format of FORMATS) {
    const others = FORMATS.filter((other) => other !== format);
    command.addOption(new Option(`--${format}`, DESCRIPTIONS[format]).conflicts(others));
  }
  listOptions(command).option(
    '--at <moment>',
    'as it was: a position (12345), a time (14:03, 2026-11-22T14:03:00Z) or a while ago (-10m)',
  );
  placeOptions(command)
    .addHelpText('after', HELP)
    .action((options: Options) => listChannels(options, context));
};

/** The options by which a list is narrowed; `watch` has them too. */
export const listOptions = (command: Command): Command =>
  command
    .option('--pbx <name>', 'of this PBX only')
    .addOption(
      new Option(
        '--filter <expr>',
        'field=value, field!=value or field~regex; repeat it, and all must hold; fields as in --json, and variables.NAME',
      ).argParser((expression: string, before: string[] | undefined) => [...(before ?? []), expression]),
    );

const listChannels = async (options: Options, context: Context): Promise<void> => {
  const { terminal, settings } = context;
  const filter = parseFilters(options.filter ?? []);
  const reading = await openReading(options, context);
  try {
    const { cache, now } = reading;
    checkPbx(cache, options.pbx);
    const selection = select({ cache, now, staleAfter: settings.staleAfter, filter, pbx: options.pbx });
    for (const text of print(formatOf(options), selection, reading)) terminal.out(text);
    for (const stale of selection.stale) {
      terminal.err(staleLine(stale, now, await lossReason(stale.pbx, reading.log)));
    }
    for (const line of uncertainLines(cache, options.pbx)) terminal.err(line);
    if ([...cache.pbxs()].length === 0) terminal.err('No PBX has been heard yet.\n');
  } finally {
    await reading.close();
  }
};

const formatOf = (options: Options): Format => FORMATS.find((format) => options[format]) ?? 'plain';

function* print(format: Format, { channels, isStale }: Selection, { now, cache }: Reading): Generator<string> {
  const json = (one: Channel) => channelJson(one, isStale(one), now, isUncertain(one, cache));
  const listing = { channels, isStale, now };
  switch (format) {
    case 'plain':
      yield plain(listing);
      return;
    case 'verbose':
      yield verbose(listing);
      return;
    case 'concise':
      yield concise(listing);
      return;
    case 'count':
      yield footer(listing);
      return;
    case 'json':
      yield jsonLine(oldestFirst(channels).map(json));
      return;
    case 'ndjson':
      for (const one of oldestFirst(channels)) yield jsonLine(json(one));
  }
}
