import type { Channel } from '@rollcall/channel';
import type { RealChannel } from './pbx-model.ts';

const TOLD_BY_EVERY_EVENT = [
  'name',
  'state',
  'context',
  'exten',
  'priority',
  'callerNumber',
  'callerName',
  'connectedNumber',
  'connectedName',
  'accountCode',
  'language',
] as const;

/** In what `listed` is not the real channel; undefined: in nothing. `whole`: also in what only a list is sure to tell. */
export const difference = (
  real: RealChannel,
  listed: Channel,
  source: 'ami' | 'ari',
  whole: boolean,
): string | undefined => {
  const differences: string[] = TOLD_BY_EVERY_EVENT.filter((fact) => real.facts[fact] !== listed[fact]).map(
    (fact) => `${fact} ${listed[fact]} is not ${real.facts[fact]}`,
  );
  if (whole) {
    if (listed.application !== real.application) differences.push(`application ${listed.application}`);
    // ARI's lists tell neither.
    if (source === 'ami') {
      if (real.facts.linkedid !== listed.linkedid) differences.push(`linkedid ${listed.linkedid}`);
      if (real.bridge !== (listed.bridge ?? '')) differences.push(`bridge ${listed.bridge} is not ${real.bridge}`);
    }
  }
  return differences.length > 0 ? differences.join(', ') : undefined;
};
