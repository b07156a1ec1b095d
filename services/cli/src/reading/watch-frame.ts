import { type Channel, type Pbx, stateText } from '@rollcall/channel';
import { clockText, counts, durationSeconds, oldestFirst, printable } from '@rollcall/listing';
import { cell, clip } from './cells.ts';
import type { Selection } from './selection.ts';
import { span } from './span.ts';

export type Frame = {
  selection: Selection;
  /** Those that are asked for. */
  pbxs: Pbx[];
  now: number;
  rows: number;
  columns: number;
  colour: boolean;
  /** Why the list cannot be kept up, where that is so. */
  problem: string | undefined;
  /** What must be said of channels whose events cannot be read; see uncertainLines. */
  uncertain: readonly string[];
};

type Column = { title: string; width: number; grows: number; text: (channel: Channel, now: number) => string };

const PBX: Column = { title: 'PBX', width: 8, grows: 1, text: ({ pbx }) => pbx };

/** In the order in which they stand; `NARROW` are those that are kept when there is little room. */
const COLUMNS: readonly Column[] = [
  { title: 'Channel', width: 16, grows: 4, text: ({ name }) => name },
  {
    title: 'Location',
    width: 14,
    grows: 2,
    text: ({ context, exten, priority }) => (context && exten ? `${exten}@${context}:${priority ?? ''}` : ''),
  },
  { title: 'State', width: 7, grows: 0, text: ({ state }) => stateText(state) },
  {
    title: 'Application(Data)',
    width: 14,
    grows: 3,
    text: ({ application, applicationData }) => (application ? `${application}(${applicationData ?? ''})` : ''),
  },
  { title: 'CallerID', width: 10, grows: 1, text: ({ callerNumber }) => callerNumber ?? '' },
  { title: 'Connected', width: 10, grows: 1, text: ({ connectedNumber }) => connectedNumber ?? '' },
  { title: 'Duration', width: 8, grows: 0, text: duration },
];
const NARROW: ReadonlySet<string> = new Set(['Channel', 'State', 'Duration']);

function duration(channel: Channel, now: number): string {
  const seconds = durationSeconds(channel, now);
  return seconds === undefined ? '' : clockText(seconds);
}

/** The whole screen of `watch`: fewer lines than `rows`, none wider than `columns`, no control character of a name. */
export const watchFrame = (frame: Frame): string => {
  const { rows, columns, colour, selection, now } = frame;
  // The last line stays free: a terminal scrolls when it is ended.
  const room = Math.max(1, rows - 1);
  const head = header(frame).slice(0, Math.max(1, room - 2));
  const left = room - head.length - 1;
  const fitted = fit(columns, frame.pbxs.length > 1);
  const channels = oldestFirst(selection.channels);
  const shown = channels.slice(0, channels.length <= left ? left : Math.max(0, left - 1));
  const lines = head.map((line) => clip(line, columns));
  if (left >= 0) lines.push(row(fitted, ({ title }) => title));
  const table = shown.map((channel) => {
    const line = row(fitted, ({ text }) => text(channel, now));
    return colour && selection.isStale(channel) ? dim(line) : line;
  });
  if (shown.length < channels.length && left > 0) {
    table.push(clip(`… and ${channels.length - shown.length} more`, columns));
  }
  const [first = '', ...rest] = lines;
  return [colour ? bold(first) : first, ...rest, ...table].join('\n');
};

const bold = (line: string): string => `\x1b[1m${line}\x1b[22m`;
const dim = (line: string): string => `\x1b[2m${line}\x1b[22m`;

const header = ({ selection, pbxs, now, problem, uncertain }: Frame): string[] => {
  const { channels, calls } = counts(selection);
  const lines = [`${plural(channels, 'active channel')}, ${plural(calls, 'active call')}   (q ends)`];
  if (problem !== undefined) lines.push(`NOT UP TO DATE: ${printable(problem)}`);
  for (const pbx of pbxs) {
    const own = selection.channels.filter((channel) => channel.pbx === pbx.name);
    const stale = own.filter(selection.isStale).length;
    lines.push(`${printable(pbx.name)}: ${own.length - stale} live, ${stale} stale; ${state(pbx, now)}`);
  }
  lines.push(...uncertain.map((line) => line.trimEnd()));
  return lines;
};

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const state = (pbx: Pbx, now: number): string => {
  if (!pbx.connected) return `connection lost ${span(now - pbx.since)} ago`;
  if (pbx.staleBefore !== undefined) return 'connected, being compared with its own list';
  return `connected for ${span(now - pbx.since)}`;
};

/** Which columns fit, and how wide each is; what is left over goes to those that can use it. */
const fit = (columns: number, severalPbxs: boolean): Column[] => {
  const wide = severalPbxs ? [PBX, ...COLUMNS] : COLUMNS;
  const chosen = sum(wide) <= columns ? wide : COLUMNS.filter(({ title }) => NARROW.has(title));
  let left = columns - sum(chosen);
  if (left < 0) return chosen.slice(0, 1).map((column) => ({ ...column, width: columns }));
  let shares = chosen.reduce((all, { grows }) => all + grows, 0);
  return chosen.map((column) => {
    const more = shares > 0 ? Math.floor((left * column.grows) / shares) : 0;
    left -= more;
    shares -= column.grows;
    return { ...column, width: column.width + more };
  });
};

/** Widths, and a space between two. */
const sum = (columns: readonly Column[]): number => columns.reduce((all, { width }) => all + width, columns.length - 1);

const row = (columns: readonly Column[], text: (column: Column) => string): string =>
  columns.map((column) => cell(printable(text(column).slice(0, MAX_TEXT)), column.width)).join(' ');

/** More of a text than any terminal is wide. */
const MAX_TEXT = 2000;
