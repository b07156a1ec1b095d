import type { Action } from './action.ts';
import { success } from './block.ts';
import { coreShowChannels } from './channel-list.ts';
import { coreShowChannelMap } from './channel-map.ts';
import { status } from './channel-status.ts';
import { command } from './commands.ts';
import { coreSettings, coreStatus } from './core-status.ts';

type Listed = { name: string; summary: string; action?: Action };

const ping: Action = (request, { now }) => [
  success(request, [
    ['Ping', 'Pong'],
    ['Timestamp', secondsText(now)],
  ]),
];

/** Asterisk's `seconds.microseconds`. @param time milliseconds since 1970 */
export const secondsText = (time: number): string => (time / 1000).toFixed(6);

const listCommands: Action = (request) => [
  success(
    request,
    SERVED.map(({ name, summary }) => [name, summary]),
  ),
];

/** What is served, as `ListCommands` of Asterisk 22 describes it to a user who may no more. Those without an action change the session. */
const SERVED: readonly Listed[] = [
  { name: 'Challenge', summary: 'Generate Challenge for MD5 Auth.  (Priv: <none>)' },
  { name: 'Command', summary: 'Execute Asterisk CLI Command.  (Priv: command,all)', action: command },
  {
    name: 'CoreSettings',
    summary: 'Show PBX core settings (version etc).  (Priv: system,reporting,all)',
    action: coreSettings,
  },
  {
    name: 'CoreShowChannelMap',
    summary: 'List all channels connected to the specified channel.  (Priv: system,reporting,all)',
    action: coreShowChannelMap,
  },
  {
    name: 'CoreShowChannels',
    summary: 'List currently active channels.  (Priv: system,reporting,all)',
    action: coreShowChannels,
  },
  {
    name: 'CoreStatus',
    summary: 'Show PBX core status variables.  (Priv: system,reporting,all)',
    action: coreStatus,
  },
  { name: 'Events', summary: 'Control Event Flow.  (Priv: <none>)' },
  { name: 'Filter', summary: 'Dynamically add filters for the current manager session.  (Priv: system,all)' },
  { name: 'ListCommands', summary: 'List available manager commands.  (Priv: <none>)', action: listCommands },
  { name: 'Login', summary: 'Login Manager.  (Priv: <none>)' },
  { name: 'Logoff', summary: 'Logoff Manager.  (Priv: <none>)' },
  { name: 'Ping', summary: 'Keepalive command.  (Priv: <none>)', action: ping },
  { name: 'Status', summary: 'List channel status.  (Priv: system,call,reporting,all)', action: status },
];

const ACTIONS = new Map(SERVED.flatMap(({ name, action }) => (action ? [[name.toLowerCase(), action]] : [])));

/** By its name; case does not count. */
export const findAction = (name: string): Action | undefined => ACTIONS.get(name.toLowerCase());

/** What answers with channels, and is refused where the answers of a lost PBX are to be errors. */
export const tellsChannels = (action: Action): boolean => TELLING.has(action);

/** What tells of PBXs, and by `SystemName` of one of them. */
export const isOfPbxs = (action: Action): boolean => tellsChannels(action) || action === coreSettings;

const TELLING = new Set<Action>([command, coreShowChannelMap, coreShowChannels, coreStatus, status]);
