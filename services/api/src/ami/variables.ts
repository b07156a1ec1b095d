import type { Channel } from '@rollcall/channel';

/** What Asterisk answers itself, of what the list knows (main/pbx_variables.c and the functions CALLERID and CONNECTEDLINE). */
const BUILT_IN: Record<string, (channel: Channel) => string | number | null | undefined> = {
  CHANNEL: ({ name }) => name,
  UNIQUEID: ({ uniqueid }) => uniqueid,
  CONTEXT: ({ context }) => context,
  EXTEN: ({ exten }) => exten,
  PRIORITY: ({ priority }) => priority,
  'CALLERID(num)': ({ callerNumber }) => callerNumber,
  'CALLERID(name)': ({ callerName }) => callerName,
  'CONNECTEDLINE(num)': ({ connectedNumber }) => connectedNumber,
  'CONNECTEDLINE(name)': ({ connectedName }) => connectedName,
  'CHANNEL(linkedid)': ({ linkedid }) => linkedid,
  'CHANNEL(accountcode)': ({ accountCode }) => accountCode,
  'CHANNEL(language)': ({ language }) => language,
};

/** The value of a variable that Rollcall keeps or can tell; for any other `(null)`, as Asterisk's Status has it for one that is not set. */
export const readVariable = (channel: Channel, name: string): string => {
  if (channel.variables && Object.hasOwn(channel.variables, name)) return channel.variables[name] ?? '';
  const builtIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  return builtIn ? String(builtIn(channel) ?? '') : '(null)';
};
