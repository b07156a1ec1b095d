import type { Boot, StreamState } from '@rollcall/channel';

/** What a writer knows of one channel's stream. */
export type Known = {
  uniqueid: string;
  boot: Boot;
  stream: string;
  /** Revision of the last event, -1 when the stream does not exist. */
  head: number;
  state: StreamState;
  /** The writer's count of observations when this channel was last heard of believably: says if a list is older. */
  heard: number;
  /** The bridge that it was last seen to leave. */
  leftBridge: string | undefined;
};

/** Channels that are over are remembered too, so that late reports cost no look into the log; the oldest are forgotten. */
const OVER_LIMIT = 50_000;

export const createKnownStreams = () => {
  const live = new Map<string, Known>();
  const over = new Map<string, Known>();

  return {
    get: (uniqueid: string): Known | undefined => live.get(uniqueid) ?? over.get(uniqueid),
    /** Files `known` by what its state is now. */
    set: (known: Known): void => {
      live.delete(known.uniqueid);
      over.delete(known.uniqueid);
      (known.state.is === 'live' ? live : over).set(known.uniqueid, known);
      if (over.size > OVER_LIMIT) {
        const [oldest] = over.keys();
        if (oldest !== undefined) over.delete(oldest);
      }
    },
    forget: (uniqueid: string): void => {
      live.delete(uniqueid);
      over.delete(uniqueid);
    },
    clear: (): void => {
      live.clear();
      over.clear();
    },
    live: (): Iterable<Known> => live.values(),
    get liveCount() {
      return live.size;
    },
  };
};

export type KnownStreams = ReturnType<typeof createKnownStreams>;
