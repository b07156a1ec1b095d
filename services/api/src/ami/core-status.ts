import { counts } from '@rollcall/listing';
import { asteriskVersion } from '../asterisk-version.ts';
import { startedAt, startupPrinted } from '../startup.ts';
import type { Action } from './action.ts';
import { block, success } from './block.ts';
import { staleLine } from './channel-list.ts';
import type { View } from './view.ts';

/** The AMI of Asterisk 22, which this speaks. */
export const AMI_VERSION = '11.0.0';

/**
 * `CoreStatus`: when the PBX started, where one PBX is seen and it has said so; of several, nothing. The calls that it has processed,
 * and when it was last reloaded, no feed says.
 */
export const coreStatus: Action = function* (request, view) {
  const pbx = onlyPbx(view);
  const started = pbx && startupPrinted(pbx);
  const channels = view.channels();
  yield success(request, [
    ['CoreStartupDate', started?.date ?? ''],
    ['CoreStartupTime', started?.time ?? ''],
    ['CoreReloadDate', ''],
    ['CoreReloadTime', ''],
    ['CoreCurrentCalls', counts({ channels, isStale: view.isStale }).channels],
    ['CoreProcessedCalls', ''],
    ...staleLine(view.stale),
  ]);
};

/** `CoreSettings`: what is known of the PBX, or of several alike; its configuration is not. */
export const coreSettings: Action = function* (request, view) {
  const versions = new Set(view.pbxs.map(({ version }) => asteriskVersion(version)));
  const [version = ''] = versions.size === 1 ? versions : [];
  yield success(request, [
    ['AMIversion', AMI_VERSION],
    ['AsteriskVersion', version],
    ['SystemName', onlyPbx(view)?.name ?? ''],
    ['CoreMaxCalls', ''],
    ['CoreMaxLoadAvg', ''],
    ['CoreRunUser', ''],
    ['CoreRunGroup', ''],
    ['CoreMaxFilehandles', ''],
    ['CoreRealTimeEnabled', ''],
    ['CoreCDRenabled', ''],
    ['CoreHTTPenabled', ''],
    ['SoundsSearchCustomDir', ''],
  ]);
};

/**
 * What Asterisk says after a login. Where one PBX is seen, and has said when it started, it is that PBX's uptime: a tool that looks for a
 * restart sees one where there was one.
 * @param uptime Rollcall's own, in seconds: told for several PBXs, and where nothing else is known
 */
export const fullyBooted = (view: View, uptime: number): string => {
  const seconds = uptimeOf(view) ?? uptime;
  return block([
    ['Event', 'FullyBooted'],
    ['Privilege', 'system,all'],
    ['Uptime', seconds],
    // When it was last reloaded no feed says: not since it started.
    ['LastReload', seconds],
    ['Status', 'Fully Booted'],
  ]);
};

/** Seconds since the one PBX that is seen started; undefined where it has not said so, or says that it will. */
export const uptimeOf = (view: View): number | undefined => {
  const pbx = onlyPbx(view);
  const started = pbx && startedAt(pbx);
  return started === undefined || started > view.now ? undefined : Math.floor((view.now - started) / 1000);
};

const onlyPbx = ({ pbxs }: View) => (pbxs.length === 1 ? pbxs[0] : undefined);
