import { type Channel, stateText } from '@rollcall/channel';

/** ARI's Channel model; fields in the order in which Asterisk (22) writes them. */
export type AriChannelModel = {
  id: string;
  name: string;
  state: string;
  protocol_id: string;
  caller: { name: string; number: string };
  connected: { name: string; number: string };
  accountcode: string;
  dialplan: { context: string; exten: string; priority: number | null; app_name: string; app_data: string };
  creationtime: string;
  language: string;
  caller_rdnis?: string;
  channelvars?: Record<string, string>;
  tenantid?: string;
};

/**
 * The channel as ARI gives it (main/stasis_channels.c, Asterisk 20 to 23). What was never said is an empty text, as an
 * empty value is; creationtime too, and a priority that was never said is null as Asterisk's own for none. AMI says
 * neither protocol id nor caller_rdnis.
 */
export const ariChannel = (channel: Channel): AriChannelModel => {
  const model: AriChannelModel = {
    id: channel.uniqueid,
    name: channel.name,
    state: stateText(channel.state),
    protocol_id: channel.protocolid ?? '',
    caller: { name: channel.callerName ?? '', number: channel.callerNumber ?? '' },
    connected: { name: channel.connectedName ?? '', number: channel.connectedNumber ?? '' },
    accountcode: channel.accountCode ?? '',
    dialplan: {
      context: channel.context ?? '',
      exten: channel.exten ?? '',
      priority: channel.priority === undefined || channel.priority === -1 ? null : channel.priority,
      app_name: channel.application ?? '',
      app_data: channel.applicationData ?? '',
    },
    creationtime: channel.created === undefined ? '' : ariTime(channel.created),
    language: channel.language ?? '',
  };
  if (channel.callerRdnis) model.caller_rdnis = channel.callerRdnis;
  if (channel.variables && Object.keys(channel.variables).length > 0) model.channelvars = { ...channel.variables };
  if (channel.tenantid) model.tenantid = channel.tenantid;
  return model;
};

/** As Asterisk writes a time, in UTC: `2026-11-22T15:14:26.341+0000`. Asterisk itself uses the zone of its host. */
export const ariTime = (time: number): string => new Date(time).toISOString().replace('Z', '+0000');
