import { presence } from '@rollcall/channel';
import type { Listing } from '../listed.ts';
import { inScope, type Scope } from './fleet.ts';
import type { BridgeModel } from './models.ts';

/** A bridge as far as its channels tell of it. */
export const bridgeModel = (id: string, channels: readonly string[], pbx?: string): BridgeModel => ({
  id,
  technology: '',
  bridge_type: '',
  bridge_class: '',
  creator: '',
  name: '',
  channels: [...channels],
  creationtime: '',
  video_mode: '',
  ...(pbx !== undefined && { pbx }),
});

/** The bridges that listed channels are in. */
export const bridges = (scope: Scope, { cache, now, staleAfter }: Listing, fleet: boolean): BridgeModel[] => {
  const found = new Map<string, BridgeModel>();
  for (const channel of cache.list()) {
    const { bridge, pbx, uniqueid } = channel;
    if (!bridge || !inScope(scope, pbx) || presence(channel, cache.pbx(pbx), now, staleAfter) === 'hidden') continue;
    const key = JSON.stringify([pbx, bridge]);
    const model = found.get(key) ?? bridgeModel(bridge, [], fleet ? pbx : undefined);
    model.channels.push(uniqueid);
    found.set(key, model);
  }
  return [...found.values()];
};
