import type { Block } from './ami-clients.ts';

/**
 * What both tell. A requested hangup is left out: Asterisk tells it as HangupRequest or SoftHangupRequest, as often as it is asked for;
 * Rollcall once, as HangupRequest. Every header of every event is compared in test/captures-runs/ami-events.int.test.ts.
 */
const TOLD = new Set([
  ...['Newchannel', 'Newstate', 'Newexten', 'NewCallerid', 'NewConnectedLine', 'NewAccountCode'],
  ...['BridgeEnter', 'BridgeLeave', 'VarSet', 'Hangup'],
]);

/** Of each channel what was told, event by event. Of variables only the one that is kept. */
export const eventsOf = (events: readonly Block[]): Record<string, string[]> => {
  const channels: Record<string, string[]> = {};
  for (const block of events) {
    const { event = '', channel = '', channelstatedesc, application, value, cause, bridgeuniqueid } = block;
    if (!TOLD.has(event) || (event === 'VarSet' && block.variable !== 'SIDE')) continue;
    channels[channel] ??= [];
    const also = event === 'Newstate' ? channelstatedesc : (application ?? value ?? cause ?? bridgeuniqueid ?? '');
    channels[channel].push(`${event} ${also}`);
  }
  return channels;
};
