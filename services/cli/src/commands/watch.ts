import { type Changes, isUncertain } from '@rollcall/state-cache';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type Filter, parseFilters } from '../filter.ts';
import { channelJson } from '../reading/channel-json.ts';
import { type Followed, followLog, followServer } from '../reading/follow.ts';
import { jsonLine } from '../reading/json-line.ts';
import { createListChanges } from '../reading/list-changes.ts';
import { type Place, placeOptions, remoteOf } from '../reading/reading.ts';
import { processScreen } from '../reading/screen.ts';
import { checkPbx, select } from '../reading/selection.ts';
import { uncertainLines } from '../reading/uncertain.ts';
import { watchFrame } from '../reading/watch-frame.ts';
import { untilEnded } from '../signals.ts';
import { listOptions } from './channels.ts';

type Options = Place & { pbx?: string; filter?: string[] };
type Watched = { followed: Followed; filter: Filter; pbx: string | undefined };

const HELP = `
On a terminal: the list, fitted to it, and above it each PBX with its live and stale channels. q or Ctrl-C ends. Stale
channels are dim: their PBX cannot be heard, so they may be over; they are not counted.

In a pipe: one JSON object a line. First the list as it is, then each change of it:
  {"change":"listed", "position":…, "channel":{…}}     was there at the beginning
  {"change":"added" | "changed" | "removed", …}        the channel as it is now, or was last
  {"change":"pbx", "position":…, "pbx":{…}}            a PBX connected, was lost, restarted, or was compared
With --filter, a channel that begins to pass is added, one that passes no longer is removed.
With --url the server is asked once a second: what comes and goes in between is not seen.

Examples:
  rollcall watch
  rollcall watch --pbx pbx-a --filter stateText=Ringing
  rollcall watch | jq -r 'select(.change=="removed") | .channel.name'
`;

/** `rollcall watch`: the list as it changes. */
export const registerWatch = (program: Command, context: Context): void => {
  const command = program.command('watch').description('show the list live; in a pipe, every change of it');
  placeOptions(listOptions(command))
    .addHelpText('after', HELP)
    .action((options: Options) => watch(options, context));
};

const watch = async (options: Options, context: Context): Promise<void> => {
  const { terminal, world, settings } = context;
  const filter = parseFilters(options.filter ?? []);
  const remote = remoteOf(options, context);
  const followed =
    remote === undefined
      ? await followLog({ data: options.data ?? settings.data, settings, world })
      : await followServer(remote, options.pbx, world);
  try {
    checkPbx(followed.cache, options.pbx);
    const watched = { followed, filter, pbx: options.pbx };
    const tell = terminal.columns === undefined ? print : show;
    await untilEnded(context.signal, (ending) => tell(watched, context, ending));
  } finally {
    await followed.close();
  }
};

const print = async (watched: Watched, { terminal, world }: Context, ending: AbortController): Promise<void> => {
  const { followed } = watched;
  const { cache } = followed;
  const list = createListChanges({
    ...watched,
    cache,
    json: (one, stale) => channelJson(one, stale, world.clock.now(), isUncertain(one, cache)),
  });
  let told: string | undefined;
  for (const change of list.begin()) terminal.out(jsonLine(change));
  await followed.run((changes?: Changes) => {
    if (followed.problem !== told && followed.problem !== undefined) terminal.err(`${followed.problem}\n`);
    told = followed.problem;
    if (changes) for (const change of list.after(changes)) terminal.out(jsonLine(change));
  }, ending.signal);
};

/** At most so often is the screen drawn, and at least once a second, for the durations. */
const DRAW_MS = 250;
const IDLE_DRAWS = 4;

const show = async (watched: Watched, context: Context, ending: AbortController): Promise<void> => {
  const { terminal, world, settings } = context;
  const { followed, filter, pbx } = watched;
  const screen = (context.screen ?? processScreen)();
  let changed = true;
  screen.onKey((key) => {
    if (key === 'q' || key === 'Q' || key === '\x03') ending.abort();
  });
  screen.onResize(() => {
    changed = true;
  });
  const draw = (): void => {
    const now = world.clock.now();
    const { cache, problem } = followed;
    const selection = select({ cache, now, staleAfter: settings.staleAfter, filter, pbx });
    const pbxs = [...cache.pbxs()].filter(({ name }) => pbx === undefined || name === pbx);
    const { rows, columns } = screen;
    const uncertain = uncertainLines(cache, pbx);
    screen.draw(watchFrame({ selection, pbxs, now, rows, columns, colour: terminal.colour, problem, uncertain }));
  };
  const drawing = async (): Promise<void> => {
    for (let idle = 0; !ending.signal.aborted; idle++) {
      if (changed || idle >= IDLE_DRAWS) {
        changed = false;
        idle = 0;
        draw();
      }
      await world.scheduler.sleep(DRAW_MS, ending.signal);
    }
  };
  const following = followed.run(() => {
    changed = true;
  }, ending.signal);
  try {
    // Whichever fails first ends the other.
    await Promise.all([following, drawing()].map((task) => task.finally(() => ending.abort())));
  } finally {
    ending.abort();
    screen.close();
  }
};
