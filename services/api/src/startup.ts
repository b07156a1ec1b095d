import type { Pbx } from '@rollcall/channel';

/** When a PBX started, as its own clock and zone print it (`2026-11-23`, `09:08:56`), where it has said so. */
export const startupPrinted = ({ startup = '' }: Pick<Pbx, 'startup'>): { date: string; time: string } | undefined => {
  const [, date, time] = /^(?:ami|ari):(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(startup) ?? [];
  return date === undefined || time === undefined ? undefined : { date, time };
};

/**
 * The same as milliseconds since 1970. ARI says the zone; AMI does not, and what it says is read in the zone of this host: of a PBX in
 * another zone it is off by the difference, and still the same for one boot and another for the next.
 */
export const startedAt = (pbx: Pick<Pbx, 'startup'>): number | undefined => {
  const printed = startupPrinted(pbx);
  if (!printed) return undefined;
  const [, hours, minutes] = /([+-]\d\d):?(\d\d)$/.exec(pbx.startup?.startsWith('ari:') ? pbx.startup : '') ?? [];
  const zone = hours === undefined ? '' : `${hours}:${minutes}`;
  const time = Date.parse(`${printed.date}T${printed.time}${zone}`);
  return Number.isNaN(time) ? undefined : time;
};
