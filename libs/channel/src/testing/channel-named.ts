import { type Channel, type ChannelFacts, shapeChannel } from '../channel.ts';
import { position, revision } from '../place.ts';

/** A channel for tests. */
export const channelNamed = (name: string, facts: ChannelFacts = {}, origin: Channel['origin'] = 'created'): Channel =>
  shapeChannel({
    ...facts,
    pbx: 'pbx-a',
    boot: 1,
    uniqueid: '1.1',
    name,
    origin,
    revision: revision(0),
    position: position(1),
  });
