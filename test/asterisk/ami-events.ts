import type { Block } from './ami-clients.ts';

/**
 * What both tell. A requested hangup is left out: Asterisk tells it as HangupRequest or SoftHangupRequest, as often as it is asked for;
 * Rollcall once, as HangupRequest.
 */
const TOLD = new Set([
  ...['Newchannel', 'Newstate', 'Newexten', 'NewCallerid', 'NewConnectedLine', 'NewAccountCode'],
  ...['BridgeEnter', 'BridgeLeave', 'Hold', 'Unhold', 'VarSet', 'Hangup'],
]);

/** Asterisk's in microseconds; and what no feed tells of a bridge. */
const OTHERWISE = new Set([
  ...['timestamp', 'bridgetype', 'bridgetechnology', 'bridgecreator', 'bridgename', 'bridgevideosourcemode'],
]);

/** Of each channel what was told, event by event, header by header. Of variables only the one that is kept. */
export const eventsOf = (events: readonly Block[]): Record<string, string[]> => {
  const channels: Record<string, string[]> = {};
  for (const block of events) {
    if (!TOLD.has(block.event ?? '') || (block.event === 'VarSet' && block.variable !== 'SIDE')) continue;
    const said = Object.entries(block)
      .filter(([name]) => !OTHERWISE.has(name))
      .map(([name, value]) => `${name}: ${value}`)
      .sort();
    const channel = block.channel ?? '';
    channels[channel] ??= [];
    channels[channel].push(`${block.event} ${said.join(', ')}`);
  }
  return channels;
};
