import type { Clock } from '@rollcall/clock';
import { type Finding, finding } from './finding.ts';

/** Asked so often; the answer that took the shortest way is the most exact. */
const TIMES = 5;
/** Beyond it the times of events, which are the PBX's, mislead who compares them with others. */
const TOLERATED_MS = 1000;

/** `ask` resolves with the PBX's time in milliseconds since 1970, or undefined where it tells none. */
export const clockSkew = async (clock: Clock, ask: () => Promise<number | undefined>): Promise<Finding> => {
  let best: { skew: number; error: number } | undefined;
  for (let n = 0; n < TIMES; n++) {
    const began = clock.monotonic();
    const theirs = await ask();
    const took = clock.monotonic() - began;
    if (theirs === undefined) break;
    // Half the way is what nobody can tell; one millisecond more is lost in rounding.
    const error = took / 2 + 1;
    if (best === undefined || error < best.error) best = { skew: theirs - (clock.now() - took / 2), error };
  }
  if (best === undefined) return finding('clock-skew', undefined, 'The PBX does not tell its time.');
  const { skew, error } = best;
  const by = `${seconds(Math.abs(skew))} ${skew < 0 ? 'behind' : 'ahead of'} this machine's (± ${seconds(error)})`;
  const ok = Math.abs(skew) - error <= TOLERATED_MS;
  return finding('clock-skew', ok, `The PBX's clock is ${by}.`, 'Let both machines follow the same time (NTP).');
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;
