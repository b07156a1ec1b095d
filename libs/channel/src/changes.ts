import type { Channel, ChannelFacts } from './channel.ts';
import type { ChannelEvent } from './events.ts';

/**
 * The events that bring `channel` to what `facts` say; what they do not say stays. Empty when nothing differs.
 * Bridge, hold and variables are not compared here: they have observations of their own.
 */
export const changes = (channel: Channel, facts: ChannelFacts): ChannelEvent[] => {
  const events: ChannelEvent[] = [];
  if (facts.name !== undefined && facts.name !== channel.name) {
    events.push({ type: 'ChannelRenamed', data: { name: facts.name } });
  }
  if (facts.state !== undefined && facts.state !== channel.state) {
    events.push({ type: 'ChannelStateChanged', data: { state: facts.state } });
  }
  if (differs(channel, facts, DIALPLAN))
    events.push({ type: 'DialplanMoved', data: difference(channel, facts, DIALPLAN) });
  if (differs(channel, facts, CALLER))
    events.push({ type: 'CallerIdChanged', data: difference(channel, facts, CALLER) });
  if (facts.accountCode !== undefined && facts.accountCode !== channel.accountCode) {
    events.push({ type: 'AccountCodeChanged', data: { accountCode: facts.accountCode } });
  }
  if (differs(channel, facts, CONNECTED)) {
    events.push({ type: 'ConnectedLineChanged', data: difference(channel, facts, CONNECTED) });
  }
  if (differs(channel, facts, DETAILS)) {
    events.push({ type: 'ChannelDetailsChanged', data: difference(channel, facts, DETAILS) });
  }
  return events;
};

const DIALPLAN = ['context', 'exten', 'priority', 'application', 'applicationData'] as const;
const CALLER = ['callerNumber', 'callerName', 'callerPresentation', 'callerRdnis'] as const;
const CONNECTED = ['connectedNumber', 'connectedName'] as const;
const DETAILS = ['linkedid', 'language', 'created', 'tenantid', 'protocolid'] as const;

type Fact = (typeof DIALPLAN | typeof CALLER | typeof CONNECTED | typeof DETAILS)[number];

const differs = (channel: Channel, facts: ChannelFacts, names: readonly Fact[]): boolean => {
  for (const name of names) {
    if (facts[name] !== undefined && facts[name] !== channel[name]) return true;
  }
  return false;
};

const difference = <F extends Fact>(
  channel: Channel,
  facts: ChannelFacts,
  names: readonly F[],
): Partial<Pick<ChannelFacts, F>> => {
  const different: Partial<Pick<ChannelFacts, F>> = {};
  for (const name of names) {
    if (facts[name] !== undefined && facts[name] !== channel[name]) different[name] = facts[name];
  }
  return different;
};
