import { type ChannelFacts, stateNumber } from '@rollcall/channel';
import type { AriChannel } from './event.ts';

/**
 * ARI's channel model as facts. It holds neither linkedid nor bridge: they stay unsaid, never guessed.
 * `variables`: the names to keep of those that ari.conf adds to the model.
 */
export const ariFacts = (channel: AriChannel, variables: ReadonlySet<string>): ChannelFacts => ({
  name: channel.name,
  state: channel.state === undefined ? undefined : stateNumber(channel.state),
  callerNumber: known(channel.caller?.number),
  callerName: known(channel.caller?.name),
  callerRdnis: channel.caller_rdnis,
  connectedNumber: known(channel.connected?.number),
  connectedName: known(channel.connected?.name),
  language: channel.language,
  accountCode: channel.accountcode,
  context: channel.dialplan?.context,
  exten: channel.dialplan?.exten,
  priority: channel.dialplan?.priority,
  application: channel.dialplan?.app_name,
  applicationData: channel.dialplan?.app_data,
  created: channel.creationtime,
  tenantid: channel.tenantid,
  protocolid: channel.protocol_id,
  variables: channel.channelvars && chosen(channel.channelvars, variables),
});

/** ARI prints an empty text where AMI prints `<unknown>`. */
const known = (text: string | undefined): string | null | undefined => (text === '' ? null : text);

const chosen = (said: Record<string, unknown>, variables: ReadonlySet<string>): Record<string, string> | undefined => {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(said)) {
    if (variables.has(name) && typeof value === 'string') kept[name] = value;
  }
  return Object.keys(kept).length ? kept : undefined;
};
