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

/**
 * In what `listed` is not the real channel; undefined: in nothing. What is compared: what every event says (`said`), also
 * what the events of a whole life tell together (`told`), and everything that a list has.
 */
export const difference = (
  real: RealChannel,
  listed: Channel,
  source: 'ami' | 'ari',
  how: 'said' | 'told' | 'listed',
): string | undefined => {
  const differences: string[] = TOLD_BY_EVERY_EVENT.filter((fact) => real.facts[fact] !== listed[fact]).map(
    (fact) => `${fact} ${listed[fact]} is not ${real.facts[fact]}`,
  );
  // ARI's lists tell neither bridge nor linkedid.
  if (how === 'told' || (how === 'listed' && source === 'ami')) {
    if (real.bridge !== (listed.bridge ?? '')) differences.push(`bridge ${listed.bridge} is not ${real.bridge}`);
  }
  if (how === 'listed') {
    if (listed.application !== real.application) differences.push(`application ${listed.application}`);
    if (source === 'ami' && real.facts.linkedid !== listed.linkedid) differences.push(`linkedid ${listed.linkedid}`);
  }
  return differences.length > 0 ? differences.join(', ') : undefined;
};
