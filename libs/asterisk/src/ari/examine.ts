import type { World } from '@rollcall/clock';
import { clockSkew } from '../clock-skew.ts';
import { type Finding, finding } from '../finding.ts';
import { type Ask, ariApplication, ariTime } from './queries.ts';

/**
 * What ARI lets one learn of the PBX that bears on Rollcall (16.5 and later).
 * @throws PBX_NO_ANSWER, PBX_CONNECTION_LOST and others as a request does
 */
export const examine = async (ask: Ask, app: string, world: Pick<World, 'clock'>): Promise<Finding[]> => {
  const application = await ariApplication(ask, app);
  const isWhole = application?.allChannels === true && !application.filtered;
  return [
    await clockSkew(world.clock, () => ariTime(ask)),
    finding('permission', true, 'The ARI user may read: its requests are answered.'),
    finding(
      'write-timeout',
      undefined,
      'ARI does not tell after how long without reading Asterisk gives up an event socket.',
      'Set websocket_write_timeout=10000 in [general] of ari.conf: 100 ms is its default.',
    ),
    finding(
      'event-filter',
      isWhole,
      isWhole
        ? `The ARI application "${app}" gets every event of every channel.`
        : `The ARI application "${app}" does not get every event of every channel.`,
      'Choose another ARI application name in the settings (app): nobody else must use it.',
    ),
  ];
};
