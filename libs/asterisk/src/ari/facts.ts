import { type ChannelFacts, stateNumber } from '@rollcall/channel';
import type { AriChannel } from './event.ts';

/**
 * ARI's channel model as facts. It holds neither linkedid nor bridge: they stay unsaid, never guessed.
 * `variables`: the names to keep of those that ari.conf adds to the model.
 */
export const ariFacts = (channel: AriChannel, variables: ReadonlySet<string>): ChannelFacts => {
  const facts: ChannelFacts = {};
  say(facts, 'name', channel.name);
  say(facts, 'state', channel.state === undefined ? undefined : stateNumber(channel.state));
  say(facts, 'callerNumber', known(channel.caller?.number));
  say(facts, 'callerName', known(channel.caller?.name));
  say(facts, 'callerRdnis', channel.caller_rdnis);
  say(facts, 'connectedNumber', known(channel.connected?.number));
  say(facts, 'connectedName', known(channel.connected?.name));
  say(facts, 'language', channel.language);
  say(facts, 'accountCode', channel.accountcode);
  say(facts, 'context', channel.dialplan?.context);
  say(facts, 'exten', channel.dialplan?.exten);
  say(facts, 'priority', channel.dialplan?.priority);
  say(facts, 'application', channel.dialplan?.app_name);
  say(facts, 'applicationData', channel.dialplan?.app_data);
  say(facts, 'created', channel.creationtime);
  say(facts, 'tenantid', channel.tenantid);
  say(facts, 'protocolid', channel.protocol_id);
  if (channel.channelvars) say(facts, 'variables', chosen(channel.channelvars, variables));
  return facts;
};

/** An absent fact is a key that is not there. */
export const say = <F extends keyof ChannelFacts>(facts: ChannelFacts, fact: F, value: ChannelFacts[F]): void => {
  if (value !== undefined) facts[fact] = value;
};

/** ARI prints an empty text where AMI prints `<unknown>`. */
const known = (text: string | undefined): string | null | undefined => (text === '' ? null : text);

const chosen = (said: Record<string, unknown>, variables: ReadonlySet<string>): Record<string, string> | undefined => {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(said)) {
    if (variables.has(name) && typeof value === 'string') kept[name] = value;
  }
  return Object.keys(kept).length ? kept : undefined;
};
