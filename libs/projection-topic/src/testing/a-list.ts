import { type Channel, channelStream, type Pbx, position, revision, shapeChannel } from '@rollcall/channel';
import { type Changes, createMemoryCache, type StateCache } from '@rollcall/state-cache';

/** A channel as a test wants it. */
export const channelOf = (
  uniqueid: string,
  at: { revision?: number; position?: number } & Partial<Channel> = {},
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

/** A list as the projector keeps it, moved by hand: every change is one position further. */
export const createList = () => {
  const cache: StateCache = createMemoryCache();
  let at = 0;

  const commit = (changes: Partial<Changes>): Changes => {
    const whole = {
      puts: new Map(),
      removals: [],
      pbxs: [],
      quarantine: new Map(),
      checkpoint: position(at),
      ...changes,
    };
    cache.commit(whole);
    return whole;
  };

  return {
    cache,
    /** The channel as it is now; its next revision where it is live already. */
    put: (uniqueid: string, facts: Partial<Channel> = {}): Changes => {
      at++;
      const boot = facts.boot ?? 1;
      const stream = channelStream('pbx-a', boot, uniqueid);
      const before = cache.get(stream);
      const next = { ...(before ?? channelOf(uniqueid)), ...facts, boot };
      const channel = shapeChannel({
        ...next,
        revision: facts.revision ?? revision(before ? before.revision + 1 : 0),
        position: position(at),
      });
      return commit({ puts: new Map([[stream, channel]]) });
    },
    end: (uniqueid: string, boot = 1): Changes => {
      at++;
      const stream = channelStream('pbx-a', boot, uniqueid);
      const last = cache.get(stream)?.revision ?? 0;
      const ends = new Map([[stream, { revision: revision(last + 1), position: position(at) }]]);
      return commit({ removals: [stream], ends });
    },
    pbx: (name: string, facts: Partial<Pbx> = {}): Changes => {
      at++;
      const before = cache.pbx(name);
      const next = { ...(before ?? pbxOf(name)), ...facts, position: position(at) };
      return commit({ pbxs: [{ ...next, revision: revision(before ? before.revision + 1 : 0) }] });
    },
    /** Something happened in the log that concerns no channel. */
    pass: (): Changes => {
      at++;
      return commit({});
    },
  };
};

export type List = ReturnType<typeof createList>;
