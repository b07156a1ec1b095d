import type { Channel } from '@rollcall/channel';
import { clockText, durationSeconds } from '@rollcall/listing';
import type { Action } from './action.ts';
import { actionId, block, type Line, listComplete, listStart } from './block.ts';
import type { Request } from './requests.ts';
import { snapshot } from './snapshot.ts';
import type { View } from './view.ts';

/** `CoreShowChannels` (main/manager.c, Asterisk 16 to 23). */
export const coreShowChannels: Action = function* (request, view) {
  const channels = view.channels();
  const stale = staleLine(view.stale);
  yield listStart(request, 'Channels will follow', stale);
  for (const channel of channels) yield item(request, channel, view);
  yield listComplete(request, 'CoreShowChannelsComplete', channels.length, stale);
};

/** The names of the PBXs of which what follows may be over; Asterisk has no such header. */
export const staleLine = (pbxs: readonly string[]): Line[] =>
  pbxs.length === 0 ? [] : [['StalePbxs', pbxs.join(',')]];

const item = (request: Request, channel: Channel, view: View): string =>
  block([
    ['Event', 'CoreShowChannel'],
    ...actionId(request),
    ...snapshot(channel),
    ['Application', channel.application ?? ''],
    ['ApplicationData', channel.applicationData ?? ''],
    ['Duration', duration(channel, view.now)],
    ['BridgeId', channel.bridge ?? ''],
    ...view.marks(channel),
  ]);

const duration = (channel: Channel, now: number): string => {
  const seconds = durationSeconds(channel, now);
  return seconds === undefined ? '' : clockText(seconds);
};
