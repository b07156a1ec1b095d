import { type Channel, stateText } from '@rollcall/channel';
import type { Line } from './block.ts';
import { escapeC } from './escape.ts';

/** What stands in every event and list item about a channel, in Asterisk's order (16 to 23). */
export const snapshot = (channel: Channel): Line[] => {
  const lines: Line[] = [
    ['Channel', channel.name],
    ['ChannelState', channel.state ?? ''],
    ['ChannelStateDesc', stateText(channel.state)],
    ['CallerIDNum', channel.callerNumber || UNKNOWN],
    ['CallerIDName', escapeC(channel.callerName || UNKNOWN)],
    ['ConnectedLineNum', channel.connectedNumber || UNKNOWN],
    ['ConnectedLineName', escapeC(channel.connectedName || UNKNOWN)],
    ['Language', channel.language ?? ''],
    ['AccountCode', channel.accountCode ?? ''],
    ['Context', channel.context ?? ''],
    ['Exten', channel.exten ?? ''],
    ['Priority', channel.priority ?? ''],
    ['Uniqueid', channel.uniqueid],
    ['Linkedid', channel.linkedid ?? ''],
  ];
  if (channel.tenantid) lines.push(['Tenantid', channel.tenantid]);
  return lines;
};

export const UNKNOWN = '<unknown>';
