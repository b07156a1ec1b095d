import type { Follow } from '@rollcall/api';
import type { Pbx } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { ChannelView } from '@rollcall/projection-topic';
import type { Told } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';
import { channelOf, createTeller } from './told-by-view.ts';

/**
 * What happens, as the topic tells it, from now on.
 * @param cache the view's, for the PBXs
 */
export const followView = (view: Pick<ChannelView, 'on'>, cache: CacheReader, world: World): Follow => {
  const teller = createTeller(world);
  return async function* (from, signal) {
    if (from !== undefined) throw notFromHere();
    let waiting: Told[] = [];
    let wake = (): void => {};
    const tell = (told: Told[]): void => {
      waiting.push(...told);
      wake();
    };
    const pbxs = new Map<string, Pbx>([...cache.pbxs()].map((pbx) => [pbx.name, pbx]));
    const pbxOf = (name: string): Pbx | undefined => cache.pbx(name);
    const ends = [
      view.on('created', (now) => tell(teller.ofChannel(undefined, channelOf(now), pbxOf(now.pbx)))),
      view.on('changed', (now, before) => tell(teller.ofChannel(channelOf(before), channelOf(now), pbxOf(now.pbx)))),
      view.on('destroyed', (last) => tell(teller.ofChannel(channelOf(last), undefined, pbxOf(last.pbx)))),
      view.on('pbx', (name) => {
        const pbx = pbxOf(name);
        if (pbx) tell(teller.ofPbx(pbxs.get(name), pbx));
        if (pbx) pbxs.set(name, pbx);
        else pbxs.delete(name);
      }),
    ];
    const stop = (): void => wake();
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!signal.aborted) {
        if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const told = waiting;
        waiting = [];
        if (told.length > 0 && !signal.aborted) yield told;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      for (const end of ends) end();
    }
  };
};

const notFromHere = () =>
  new RollcallError(
    'FEED_NOT_FROM_HERE',
    'This Rollcall has its list from the topic, which does not tell what happened before.',
    'Follow from now on, without a position; or ask a Rollcall that reads the log.',
  );
