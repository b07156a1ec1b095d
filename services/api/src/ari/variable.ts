import { type Channel, stateText } from '@rollcall/channel';
import { type Answer, json, refused } from './answer.ts';

/** Functions and variables of the dialplan that say what a feed says of the channel anyway. */
const KNOWN: Readonly<Record<string, (channel: Channel) => string | null | undefined>> = {
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

/** The variable of that channel, as far as it is kept; what is not kept is not found, as if it were not set. */
export const variableOf = (channel: Channel | undefined, name: string | undefined): Answer => {
  if (!name) return refused(400, 'Variable name is required');
  if (!channel) return refused(404, 'Provided channel was not found');
  if (channel.variables && Object.hasOwn(channel.variables, name)) return json({ value: channel.variables[name] });
  const value = Object.hasOwn(KNOWN, name) ? KNOWN[name]?.(channel) : undefined;
  // Asterisk says `<unknown>` with an empty text here.
  if (value !== undefined) return json({ value: value ?? '' });
  return name.endsWith(')')
    ? refused(500, 'Unable to read provided function')
    : refused(404, 'Provided variable was not found');
};
