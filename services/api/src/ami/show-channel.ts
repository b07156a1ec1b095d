import { type Channel, stateText } from '@rollcall/channel';
import { durationSeconds, printable } from '@rollcall/listing';
import { technology } from '../variables.ts';

/** `core show channel NAME` (main/cli.c, Asterisk 20 to 23): the lines of which the list knows something. */
export const channelDetails = (channel: Channel, now: number): string => {
  const lines: [label: string, value: string | number][] = [
    ['Name', channel.name],
    ['Type', technology(channel)],
    ['UniqueID', channel.uniqueid],
    ['LinkedID', channel.linkedid ?? ''],
    ['Caller ID', channel.callerNumber || NONE],
    ['Caller ID Name', channel.callerName || NONE],
    ['Connected Line ID', channel.connectedNumber || NONE],
    ['Connected Line ID Name', channel.connectedName || NONE],
    ['Language', channel.language ?? ''],
    ['State', `${stateText(channel.state)} (${channel.state ?? ''})`],
    ['Elapsed Time', elapsed(durationSeconds(channel, now))],
    ['Bridge ID', channel.bridge || '(Not bridged)'],
  ];
  const dialplan: [label: string, value: string | number][] = [
    ['Context', channel.context ?? ''],
    ['Extension', channel.exten ?? ''],
    ['Priority', channel.priority ?? ''],
    ['Application', channel.application || NONE],
    ['Data', channel.applicationData || EMPTY],
  ];
  const variables = Object.entries(channel.variables ?? {}).map(
    ([name, value]) => `${printable(`${name}=${value}`)}\n`,
  );
  return [
    ' -- General --\n',
    ...lines.map(line),
    ' --   PBX   --\n',
    ...dialplan.map(line),
    '      Variables:\n',
    ...variables,
  ].join('');
};

const NONE = '(N/A)';
const EMPTY = '(Empty)';
const LABEL_WIDTH = 15;

const line = ([label, value]: [label: string, value: string | number]): string =>
  `${label.padStart(LABEL_WIDTH)}: ${printable(String(value))}\n`;

const elapsed = (seconds: number | undefined): string =>
  seconds === undefined ? NONE : `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m${seconds % 60}s`;
