import { type Channel, stateText } from '@rollcall/channel';

/** The part of the name before the stroke is the channel's technology. */
export const technology = ({ name }: Channel): string => name.split('/', 1)[0] ?? '';

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
  'CHANNEL(channeltype)': technology,
  CHANNEL: ({ name }) => name,
  UNIQUEID: ({ uniqueid }) => uniqueid,
  CONTEXT: ({ context }) => context,
  EXTEN: ({ exten }) => exten,
  PRIORITY: ({ priority }) => (priority === undefined ? undefined : String(priority)),
};

/**
 * The variable of that channel, as far as Rollcall keeps it or a feed tells it; undefined for any other. Its value is undefined where the
 * feed tells it, and has not yet. In a function's argument case does not count.
 */
export const variableOf = (channel: Channel, name: string): { value: string | null | undefined } | undefined => {
  if (channel.variables && Object.hasOwn(channel.variables, name)) return { value: channel.variables[name] };
  const told = name.replace(/\(.*\)$/, (argument) => argument.toLowerCase());
  return Object.hasOwn(TOLD, told) ? { value: TOLD[told]?.(channel) } : undefined;
};

/** What ends so is a function's value, not a variable (main/pbx_functions.c). */
export const isFunction = (name: string): boolean => name.endsWith(')');
