import type { Pbx } from './pbx.ts';

/** One run of an Asterisk process: 1 for the first that was seen of a PBX, one more at each restart. */
export type Boot = number;

/** Something that a PBX said which tells one run of its process from another. */
export type BootSign =
  /** Opaque startup time; comparable only with one from the same source, which prefixes it. */
  | { sign: 'startup-time'; startup: string }
  /** Milliseconds since 1970, of the PBX's clock: its time minus its uptime; Asterisk rounds to seconds. */
  | { sign: 'uptime'; startedAt: number; before: number | undefined }
  | { sign: 'uniqueid-counter'; restarted: boolean };

/** FullyBooted counts whole seconds and its time is that of a neighbouring event. */
const UPTIME_ERROR_MS = 3000;

/** Does this sign tell of a new boot? A startup time that cannot be compared says no: the lists will settle it. */
export const bootChange = (pbx: Pbx | undefined, sign: BootSign): boolean => {
  if (pbx === undefined || pbx.boot === 0) return true;
  switch (sign.sign) {
    case 'startup-time':
      return pbx.startup !== undefined && sameSource(pbx.startup, sign.startup) && pbx.startup !== sign.startup;
    case 'uptime':
      return sign.before !== undefined && sign.startedAt - sign.before > UPTIME_ERROR_MS;
    case 'uniqueid-counter':
      return sign.restarted;
  }
};

const sameSource = (a: string, b: string): boolean => a.slice(0, a.indexOf(':')) === b.slice(0, b.indexOf(':'));

/** The highest counter seen in Asterisk's own uniqueids of a boot, with the second it was given out in. */
export type UniqueidCounter = { epoch: number; counter: number };

const OWN = /(?:^|-)(\d{9,11})\.(\d{1,10})$/;

/**
 * Asterisk's own uniqueids end in `epoch.counter`, the counter from 0 at each start of the process (16 to 23). In a
 * recording a counter that falls while the epoch rises is the one sign of a restart. Ids given out at the same moment may
 * be reported out of order, by a second at the most; assigned ids have another form and say nothing.
 */
export const counterOf = (
  highest: UniqueidCounter | undefined,
  uniqueid: string,
): { highest: UniqueidCounter | undefined; restarted: boolean } => {
  const own = OWN.exec(uniqueid);
  if (!own) return { highest, restarted: false };
  const seen = { epoch: Number(own[1]), counter: Number(own[2]) };
  if (highest === undefined) return { highest: seen, restarted: false };
  if (seen.counter > highest.counter) return { highest: seen, restarted: false };
  const restarted = seen.epoch > highest.epoch + 1;
  return { highest: restarted ? seen : highest, restarted };
};
