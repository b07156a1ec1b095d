import type { PbxObservation } from '@rollcall/channel';

type Uptime = PbxObservation & { kind: 'uptime' };

/**
 * What time it is at the PBX, as far as its events tell (`timestampevents=yes`), and the time of a FullyBooted, which itself
 * carries none.
 */
export type PbxTime = {
  /** An event was sent at `time`. */
  heard(time: number, receivedAt: number | undefined): void;
  /** PBX time at that moment; the receiver's where no event has told yet. Undefined when nobody knows. */
  at(receivedAt: number | undefined): number | undefined;
  /** Holds an uptime back until the next event tells its time. */
  hold(seconds: number, receivedAt: number | undefined): void;
  holds(): boolean;
  /** The held uptime, now that an event at `time` has followed, or (undefined) that there is nothing more to wait for. */
  release(time: number | undefined, receivedAt: number | undefined, withLogin: boolean): Uptime | undefined;
};

const NEIGHBOUR_MS = 2000;

export const createPbxTime = (): PbxTime => {
  let last: { time: number; receivedAt: number | undefined } | undefined;
  let held: { seconds: number; receivedAt: number | undefined } | undefined;

  const at = (receivedAt: number | undefined): number | undefined => {
    if (last === undefined) return receivedAt;
    if (receivedAt === undefined || last.receivedAt === undefined) return last.time;
    return last.time + Math.max(0, receivedAt - last.receivedAt);
  };

  /**
   * The next event may come an hour later on a quiet PBX, and an uptime that seems an hour younger reads as a restart. So its
   * time counts only when it came at once; else the uptime is said to be as old as the last event before it, which can hide a
   * restart but never feign one.
   */
  const release = (
    time: number | undefined,
    receivedAt: number | undefined,
    withLogin: boolean,
  ): Uptime | undefined => {
    if (held === undefined) return undefined;
    const gap = receivedAt === undefined || held.receivedAt === undefined ? undefined : receivedAt - held.receivedAt;
    const isNeighbour = withLogin || (gap !== undefined && gap <= NEIGHBOUR_MS) || (gap === undefined && !last);
    const said = isNeighbour ? time : last && at(held.receivedAt);
    const { seconds } = held;
    held = undefined;
    return said === undefined ? { kind: 'uptime', seconds } : { kind: 'uptime', seconds, time: said };
  };

  return {
    heard: (time, receivedAt) => {
      last = { time, receivedAt };
    },
    at,
    hold: (seconds, receivedAt) => {
      held = { seconds, receivedAt };
    },
    holds: () => held !== undefined,
    release,
  };
};
