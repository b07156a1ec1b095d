import { counts } from '@rollcall/listing';
import { asteriskVersion } from '../asterisk-version.ts';
import type { Action } from './action.ts';
import { success } from './block.ts';
import { header, type Request } from './requests.ts';
import type { View } from './view.ts';

/** The AMI of Asterisk 22, which this speaks. */
export const AMI_VERSION = '11.0.0';

/**
 * `CoreStatus`: when the PBX started, where one PBX is seen and it has said so; of several, nothing. The calls that it has processed,
 * and when it was last reloaded, no feed says.
 */
export const coreStatus: Action = function* (request, view) {
  const pbx = onlyPbx(request, view);
  const [date = '', time = ''] = /^ami:(\S+) (\S+)$/.exec(pbx?.startup ?? '')?.slice(1) ?? [];
  const channels = view.channels().filter((one) => pbx === undefined || one.pbx === pbx.name);
  yield success(request, [
    ['CoreStartupDate', date],
    ['CoreStartupTime', time],
    ['CoreReloadDate', ''],
    ['CoreReloadTime', ''],
    ['CoreCurrentCalls', counts({ channels, isStale: view.isStale }).channels],
    ['CoreProcessedCalls', ''],
  ]);
};

/** `CoreSettings`: what is known of the PBX; its configuration is not. */
export const coreSettings: Action = function* (request, view) {
  const pbx = onlyPbx(request, view);
  yield success(request, [
    ['AMIversion', AMI_VERSION],
    ['AsteriskVersion', asteriskVersion(pbx?.version)],
    ['SystemName', pbx?.name ?? ''],
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

/** The one that the request names by `SystemName`, or the only one that there is. */
const onlyPbx = (request: Request, { pbxs }: View) => {
  const named = header(request, 'SystemName');
  return pbxs.length === 1 ? pbxs[0] : pbxs.find(({ name }) => name === named);
};
