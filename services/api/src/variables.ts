import { type Channel, stateText } from '@rollcall/channel';

/**
 * Variables and functions of the dialplan that say what a feed says of the channel anyway (main/pbx_variables.c, the functions CALLERID,
 * CONNECTEDLINE and CHANNEL).
 */
const TOLD: Readonly<Record<string, (channel: Channel) => string | null | undefined>> = {
  'CALLERID(num)': ({ callerNumber }) => callerNumber,
  'CALLERID(number)': ({ callerNumber }) => callerNumber,
  'CALLERID(name)': ({ callerName }) => callerName,
  'CALLERID(all)': ({ callerName, callerNumber }) => `"${callerName ?? ''}" <${callerNumber ?? ''}>`,
  'CONNECTEDLINE(num)': ({ connectedNumber }) => connectedNumber,
  'CONNECTEDLINE(name)': ({ connectedName }) => connectedName,
  'CHANNEL(name)': ({ name }) => name,
  'CHANNEL(uniqueid)': ({ uniqueid }) => uniqueid,
  'CHANNEL(linkedid)': ({ linkedid }) => linkedid,
  'CHANNEL(state)': ({ state }) => stateText(state),
  'CHANNEL(language)': ({ language }) => language,
  'CHANNEL(accountcode)': ({ accountCode }) => accountCode,
  'CHANNEL(context)': ({ context }) => context,
  'CHANNEL(exten)': ({ exten }) => exten,
  'CHANNEL(appname)': ({ application }) => application,
  'CHANNEL(appdata)': ({ applicationData }) => applicationData,
  CHANNEL: ({ name }) => name,
  UNIQUEID: ({ uniqueid }) => uniqueid,
  CONTEXT: ({ context }) => context,
  EXTEN: ({ exten }) => exten,
  PRIORITY: ({ priority }) => (priority === undefined ? undefined : String(priority)),
};

/**
 * The variable of that channel, as far as Rollcall keeps it or a feed tells it; undefined for any other. Its value is undefined where the
 * feed tells it, and has not yet.
 */
export const variableOf = (channel: Channel, name: string): { value: string | null | undefined } | undefined => {
  if (channel.variables && Object.hasOwn(channel.variables, name)) return { value: channel.variables[name] };
  return Object.hasOwn(TOLD, name) ? { value: TOLD[name]?.(channel) } : undefined;
};
