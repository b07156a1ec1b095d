import type { Channel } from '@rollcall/channel';
import { durationSeconds } from '@rollcall/listing';
import { isFunction, technology, variableOf } from '../variables.ts';
import { saysYes } from '../yes.ts';
import type { Action } from './action.ts';
import { actionId, block, type Line, listComplete, listStart, refused } from './block.ts';
import { staleLine } from './channel-list.ts';
import { escapeC } from './escape.ts';
import { header, type Request } from './requests.ts';
import { snapshot, UNKNOWN } from './snapshot.ts';
import type { View } from './view.ts';

/** `Status` of all channels, or of the one that `Channel` names (main/manager.c, Asterisk 16 to 23). */
export const status: Action = function* (request, view) {
  const wanted = header(request, 'Channel');
  const found = wanted === '' ? view.channels() : [view.find(wanted) ?? []].flat();
  if (wanted !== '' && found.length === 0) {
    yield refused(request, 'No such channel');
    return;
  }
  const stale = staleLine(wanted === '' ? view.stale : found.filter(view.isStale).map(({ pbx }) => pbx));
  yield listStart(request, 'Channel status will follow', stale);
  for (const channel of found) yield item(request, channel, view);
  yield listComplete(request, 'StatusComplete', found.length, [['Items', found.length], ...stale]);
};

const item = (request: Request, channel: Channel, view: View): string =>
  block([
    ['Event', 'Status'],
    ['Privilege', 'Call'],
    ...snapshot(channel),
    ['Type', technology(channel)],
    ['DNID', NOT_KNOWN],
    ['EffectiveConnectedLineNum', channel.connectedNumber || UNKNOWN],
    ['EffectiveConnectedLineName', escapeC(channel.connectedName || UNKNOWN)],
    ['TimeToHangup', NOT_KNOWN],
    ['BridgeID', channel.bridge ?? ''],
    // As C prints nothing: no application runs.
    ['Application', channel.application || '(null)'],
    ['Data', channel.application ? (channel.applicationData ?? '') : '(null)'],
    ['Nativeformats', NOT_KNOWN],
    ['Readformat', NOT_KNOWN],
    ['Readtrans', NOT_KNOWN],
    ['Writeformat', NOT_KNOWN],
    ['Writetrans', NOT_KNOWN],
    ['Callgroup', NOT_KNOWN],
    ['Pickupgroup', NOT_KNOWN],
    ['Seconds', durationSeconds(channel, view.now) ?? ''],
    ...variables(request, channel),
    ...view.marks(channel),
    ...actionId(request),
  ]);

/** No event of AMI or ARI says it. The header stays, since Asterisk always has it. */
const NOT_KNOWN = '';

/** Those that are asked for by name first, then all: one that is both is told twice, as by Asterisk. */
const variables = (request: Request, channel: Channel): Line[] => {
  const wanted = header(request, 'Variables');
  const names = wanted === '' ? [] : wanted.split(',');
  const all = saysYes(header(request, 'AllVariables')) ? Object.entries(channel.variables ?? {}) : [];
  return [...names.map((name) => [name, textOf(channel, name)]), ...all].map(([name, value]) => [
    'Variable',
    `${name}=${value}`,
  ]);
};

/** What is not known is told as what is not set, or as a function that fails (main/manager.c). */
const textOf = (channel: Channel, name: string): string => {
  const variable = variableOf(channel, name);
  return variable || isFunction(name) ? (variable?.value ?? '') : '(null)';
};
