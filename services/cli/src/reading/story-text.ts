import type { Pbx } from '@rollcall/channel';
import { printable } from '@rollcall/listing';
import { channelJson } from './channel-json.ts';
import { jsonLine } from './json-line.ts';
import type { PbxEntry } from './pbx-entries.ts';
import type { Story, Stream } from './story.ts';
import { type TimelineEntry, valueText } from './timeline.ts';

export type Told = {
  of: Stream;
  story: Story;
  now: number;
  /** The position that was asked for, where it is not now. */
  at: number | undefined;
};

/** For programs: one object. */
export const storyJson = ({ of: { pbx, boot, uniqueid }, story, now, at }: Told): string => {
  const { conclusion, channel, lastName, leftOut, recording, entries } = story;
  return jsonLine({
    ...{ pbx, boot, uniqueid },
    name: lastName ?? '',
    ...(at !== undefined && { at: { position: at, time: now } }),
    ...conclusion,
    channel: channel ? channelJson(channel, conclusion.listed === 'stale', now, conclusion.uncertain) : null,
    leftOut,
    recording,
    events: entries,
  });
};

/** For people: who it is, line by line what happened, and why it is listed or not. */
export const storyText = (
  { of: { pbx: name, boot, uniqueid }, story, now, at }: Told,
  pbx: Pbx | undefined,
): string => {
  const { lastName, entries, leftOut, recording, conclusion } = story;
  const boots = pbx && pbx.boot > boot ? ` of ${pbx.boot}` : '';
  const lines = [
    printable(lastName ?? '(its name cannot be read)'),
    `uniqueid ${printable(uniqueid)}, ${printable(name)} boot ${boot}${boots}`,
    ...(recording ? ['from a recording: what the PBX did not say itself has the time of its import'] : []),
    ...(at === undefined ? [] : [`as it was at ${new Date(now).toISOString()}, #${at}`]),
    '',
    ...(leftOut > 0
      ? [`(${leftOut} earlier connections and comparisons of ${printable(name)} in its life are left out)`]
      : []),
    ...entries.flatMap((entry) => (entry.of === 'pbx' ? pbxLines(entry, name) : channelLines(entry))),
    '',
    conclusion.why,
    '',
  ];
  return lines.join('\n');
};

const pbxLines = ({ time, position, source, type, note }: PbxEntry, pbx: string): string[] => [
  `${new Date(time).toISOString()}  #${position}  ${printable(pbx)}  ${source}  ${printable(type)}`,
  ...(note ? [`    ${printable(note)}`] : []),
];

const channelLines = (entry: TimelineEntry): string[] => {
  const { time, position, revision, source, type, changes, refused, waited, note } = entry;
  return [
    `${new Date(time).toISOString()}  #${position}  rev ${revision}  ${source}  ${printable(type)}`,
    ...changes.map(changeLine),
    ...(refused === undefined ? [] : [`    refused: ${printable(refused)}`]),
    ...(waited === undefined ? [] : [`    came when the stream was set aside at revision ${waited}`]),
    ...(note === undefined ? [] : [`    ${printable(note)}`]),
  ];
};

const changeLine = ({ field, from, to }: TimelineEntry['changes'][number]): string => {
  const old = from === undefined ? '' : `${printable(valueText(field, from))} → `;
  return `    ${field}: ${old}${printable(valueText(field, to))}`;
};
