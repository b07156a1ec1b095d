import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { AriEvent } from 'ari-client';
import type { Seen } from './ari-story.ts';
import type { AriAccess } from './pbx.ts';

/** Runs the program that uses ari-client. */
export const tellStory = ({ url, user, password }: AriAccess): { following: Promise<void>; seen: Promise<Seen> } => {
  const child = fork(join(import.meta.dirname, 'ari-story.ts'), [url, user, password], { silent: true });
  const following = Promise.withResolvers<void>();
  const seen = Promise.withResolvers<Seen>();
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  child.on('message', (message: { following?: true; seen?: Seen }) => {
    if (message.following) following.resolve();
    if (message.seen) seen.resolve(message.seen);
  });
  child.on('exit', (code) => {
    const error = new Error(`ari-client ended with ${code}: ${said}`);
    following.reject(error);
    seen.reject(error);
  });
  return { following: following.promise, seen: seen.promise };
};

/** The same in every version and for every source; Asterisk has more of them. */
const TOLD = new Set([
  ...['ChannelCreated', 'ChannelStateChange', 'ChannelCallerId', 'ChannelConnectedLine', 'ChannelEnteredBridge'],
  ...['ChannelLeftBridge', 'ChannelHold', 'ChannelUnhold', 'ChannelHangupRequest', 'ChannelDestroyed'],
]);

/** Of each channel the kinds of events in their order. One that says what the one before said, told once: a repeated hangup request. */
export const typesOf = (events: readonly AriEvent[]): Record<string, string[]> =>
  byChannel(events, (event) => (TOLD.has(event.type) || event.variable === 'SIDE' ? event.type : undefined));

/** Of each channel the applications that it came to. */
export const placesOf = (events: readonly AriEvent[]): Record<string, string[]> =>
  byChannel(events, ({ type, dialplan_app }) =>
    type === 'ChannelDialplan' && dialplan_app ? String(dialplan_app) : undefined,
  );

const byChannel = (
  events: readonly AriEvent[],
  what: (event: AriEvent) => string | undefined,
): Record<string, string[]> => {
  const channels: Record<string, string[]> = {};
  for (const event of events) {
    const said = what(event);
    if (said === undefined || !event.channel) continue;
    channels[event.channel.name] ??= [];
    const all = channels[event.channel.name];
    const repeated = said === 'ChannelHangupRequest' && all?.includes(said);
    if (!repeated && all?.at(-1) !== said) all?.push(said);
  }
  return channels;
};

/** What `theirs` has and `ours` has not, in that order, of each channel: ours may have more, since other events tell of changes too. */
export const missing = (theirs: Record<string, string[]>, ours: Record<string, string[]>): string[] =>
  Object.entries(theirs).flatMap(([channel, all]) => {
    let at = 0;
    const mine = ours[channel] ?? [];
    for (const one of all) {
      const found = mine.indexOf(one, at);
      if (found < 0) return [`${channel}: ${one} of ${all}, ours ${mine}`];
      at = found + 1;
    }
    return [];
  });
