import { asteriskVersion } from '../asterisk-version.ts';
import type { Listing } from '../listed.ts';
import { inScope, type Scope } from './fleet.ts';
import type { AsteriskInfoModel } from './models.ts';

/** What several PBXs are called where they answer as one. */
const FLEET = 'rollcall';
const PARTS = ['system', 'config', 'status'] as const;

/** Asterisk's `asterisk_id`, which Rollcall fills with the PBX's name. */
export const asteriskId = (scope: Scope, { cache }: Pick<Listing, 'cache'>): string => {
  const names = [...cache.pbxs()].map(({ name }) => name).filter((name) => inScope(scope, name));
  return names.length === 1 && names[0] !== undefined ? names[0] : FLEET;
};

/** @param only parts to answer with, separated by commas, in any case; all of them where it is left out, none where it is empty */
export const asteriskInfo = (scope: Scope, listing: Listing, only: string | undefined): AsteriskInfoModel => {
  const pbxs = [...listing.cache.pbxs()].filter(({ name }) => inScope(scope, name));
  const startup = pbxs.length === 1 ? pbxs[0]?.startup : undefined;
  const versions = new Set(pbxs.flatMap(({ version }) => asteriskVersion(version) || []));
  const name = asteriskId(scope, listing);
  const all: Required<AsteriskInfoModel> = {
    system: { version: [...versions].join(', '), entity_id: name },
    config: { name },
    // What AMI calls the startup time is in the PBX's own zone, and says it nowhere.
    status: startup?.startsWith('ari:') ? { startup_time: startup.slice('ari:'.length) } : {},
  };
  if (only === undefined) return all;
  const wanted = only.toLowerCase().split(',');
  return Object.fromEntries(PARTS.filter((part) => wanted.includes(part)).map((part) => [part, all[part]]));
};
