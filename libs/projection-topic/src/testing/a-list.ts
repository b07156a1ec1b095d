import { type Channel, channelStream, type Pbx, position, revision, shapeChannel } from '@rollcall/channel';
import { type Changes, createMemoryCache, type StateCache } from '@rollcall/state-cache';

/** A channel as a test wants it. */
export const channelOf = (
  uniqueid: string,
  at: Omit<Partial<Channel>, 'revision' | 'position'> & { revision?: number; position?: number } = {},
): Channel =>
  shapeChannel({
    pbx: 'pbx-a',
    boot: 1,
    uniqueid,
    name: `PJSIP/${uniqueid}`,
    origin: 'created',
    ...at,
    revision: revision(at.revision ?? 0),
    position: position(at.position ?? 1),
  });

export const pbxOf = (name: string, at: Partial<Pbx> = {}): Pbx => ({
  name,
  boot: 1,
  startup: undefined,
  connected: true,
  source: 'ami',
  version: '22.10.0',
  recording: false,
  since: 1_000,
  staleBefore: undefined,
  reconciledAt: undefined,
  revision: revision(0),
  position: position(1),
  ...at,
});

/** A list as the projector keeps it, moved by hand: every change is one position further, and one revision of its stream. */
export const createList = () => {
  const cache: StateCache = createMemoryCache();
  const heads = new Map<string, number>();
  let at = 0;
  let boot = 1;

  const commit = (changes: Partial<Changes>): Changes => {
    const nothing = { puts: new Map(), removals: [], pbxs: [], quarantine: new Map(), checkpoint: position(at) };
    const whole = { ...nothing, ...changes };
    cache.commit(whole);
    return whole;
  };

  /** Where the stream's next event stands. */
  const next = (stream: string) => {
    at++;
    const head = (heads.get(stream) ?? -1) + 1;
    heads.set(stream, head);
    return { revision: revision(head), position: position(at) };
  };

  const endAll = (streams: readonly string[]): Changes => {
    const ends = new Map(streams.map((stream) => [stream, next(stream)]));
    return commit({ removals: [...ends.keys()], ends });
  };

  return {
    cache,
    /** The channel comes, comes again, or is changed. */
    put: (uniqueid: string, facts: Partial<Channel> = {}): Changes => {
      const stream = channelStream('pbx-a', boot, uniqueid);
      const before = cache.get(stream) ?? channelOf(uniqueid, { boot });
      return commit({ puts: new Map([[stream, shapeChannel({ ...before, ...facts, ...next(stream) })]]) });
    },
    end: (uniqueid: string): Changes => {
      const stream = channelStream('pbx-a', boot, uniqueid);
      return endAll(cache.get(stream) ? [stream] : []);
    },
    /** The PBX begins anew: whatever lived is over, and ids may come again. */
    reboot: (): Changes => {
      boot++;
      return endAll([...cache.entries()].map(([stream]) => stream));
    },
    pbx: (name: string, facts: Partial<Pbx> = {}): Changes => {
      const before = cache.pbx(name) ?? pbxOf(name);
      return commit({ pbxs: [{ ...before, ...facts, ...next(`pbx/${name}`) }] });
    },
    /** Something happened in the log that concerns no channel. */
    pass: (): Changes => {
      at++;
      return commit({});
    },
  };
};

export type List = ReturnType<typeof createList>;
