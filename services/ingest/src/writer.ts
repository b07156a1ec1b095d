import {
  type Boot,
  type BootSign,
  bootChange,
  type Channel,
  type ChannelEvent,
  type ChannelObservation,
  channelStream,
  counterOf,
  type DomainEvent,
  decide,
  evolvePbx,
  type NewEvent,
  type Pbx,
  type PbxEvent,
  parseStream,
  pbxStream,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
  type Source,
  START,
  takeable,
  type UniqueidCounter,
} from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { countEvent, type IngestCounters } from './counters.ts';
import type { IngestLog } from './ingest-log.ts';
import { createKnownStreams, type Known, knownFrom, stateAfter } from './known-streams.ts';
import { createOutbox } from './outbox.ts';

export type WriterOptions = {
  pbx: string;
  log: IngestLog;
  world: World;
  counters: IngestCounters;
  signal: AbortSignal;
  /** False for a recording: nobody can be asked. */
  canAsk: boolean;
  /** A contradiction that only the PBX can settle. */
  suspect: (uniqueid: string) => void;
  stalled: (error: Error | undefined) => void;
  /** The log will never take what was to be appended to `stream`: it was set aside, and the stream is read anew. */
  refused?: ((stream: string, error: Error) => void) | undefined;
};

/**
 * The only writer of one PBX's streams: observations in, durable events out. It keeps the state of what is live, as the log
 * has it, so that a decision needs no read. One call at a time.
 */
export const createWriter = (options: WriterOptions) => {
  const { pbx: name, log, world, counters, canAsk } = options;
  const known = createKnownStreams({ pbx: name, log, boot: () => boot() });
  const { learn, catchUp } = known;
  const outbox = createOutbox(options);
  let pbx: Pbx | undefined;
  let pbxHead = -1;
  let heard = 0;
  let highest: UniqueidCounter | undefined;

  const boot = (): Boot => pbx?.boot ?? 0;

  const envelope = (event: DomainEvent, source: Source, time: number | undefined): NewEvent => ({
    id: world.random.uuid(),
    time: time ?? world.clock.now(),
    pbx: name,
    boot: boot(),
    source,
    schema: SCHEMA_VERSION,
    ...event,
  });

  /** An event as the log will have it, for the writer's own fold; its position is not known yet and not used here. */
  const recorded = (event: NewEvent, stream: string, at: number): RecordedEvent => ({
    ...event,
    stream,
    revision: revision(at),
    position: START,
    recorded: event.time,
  });

  const record = (entry: Known, events: ChannelEvent[], source: Source, time: number | undefined): void => {
    if (events.length === 0) return;
    // What a dead boot left ends in its own boot, although the next one has begun.
    const enveloped = events.map((event) => ({ ...envelope(event, source, time), boot: entry.boot }));
    outbox.add(entry.stream, entry.head, enveloped);
    for (const event of enveloped) {
      countEvent(counters, event.type);
      entry.head++;
      entry.state = stateAfter(entry.state, recorded(event, entry.stream, entry.head));
    }
    known.set(entry);
  };

  /** @throws what the log refuses an event of the PBX's own stream with: nothing can be told of a PBX without it */
  const recordPbx = async (event: PbxEvent, source: Source, time?: number): Promise<void> => {
    const stream = pbxStream(name);
    // The event that begins a boot belongs to it.
    const enveloped = { ...envelope(event, source, time), boot: event.type === 'PbxBooted' ? event.data.boot : boot() };
    outbox.add(stream, pbxHead, [enveloped]);
    while ((await flush()).has(stream)) {
      await loadPbx();
      outbox.add(stream, pbxHead, [enveloped]);
    }
    countEvent(counters, event.type);
    pbxHead++;
    pbx = evolvePbx(pbx, recorded(enveloped, stream, pbxHead));
  };

  const decideOne = (said: ChannelObservation): void => {
    counters.observations++;
    const observation = said.time === undefined ? { ...said, time: world.clock.now() } : said;
    const entry = known.get(observation.uniqueid);
    if (!entry) return;
    const { outcome, events } = decide(entry.state, observation, { canAsk });
    if (outcome !== 'applied') counters[outcome]++;
    // What is dropped here counts too: an answer that was given before it may be older. A suspect is asked about anyway.
    if (outcome !== 'suspect') entry.heard = ++heard;
    if (observation.kind === 'bridge-left')
      entry.leftBridge = { bridge: observation.bridge, at: world.clock.monotonic() };
    if (observation.kind === 'bridge-entered') entry.leftBridge = undefined;
    record(entry, events, observation.source, observation.time);
    if (outcome !== 'suspect' && outcome !== 'unknown') return;
    if (canAsk) options.suspect(observation.uniqueid);
    else if (observation.kind === 'created' && entry.state.is === 'closed') {
      entry.state = { ...entry.state, claimed: true };
    }
  };

  const decideAll = async (observations: readonly ChannelObservation[]): Promise<void> => {
    await learn(observations.map((observation) => observation.uniqueid));
    for (const observation of observations) decideOne(observation);
    const conflicts = await flush();
    // Another writer was first on these: our part is decided again.
    const again = observations.filter(({ uniqueid }) => conflicts.has(channelStream(name, boot(), uniqueid)));
    if (again.length) await decideAll(again);
  };

  /**
   * Makes everything decided durable. Names the streams on which another writer was first; what it wrote is known then. What the
   * log will never take is passed over, and its stream is known as the log has it: the next list corrects what it lacks.
   */
  const flush = async (): Promise<Set<string>> => {
    const flushed = await outbox.flush();
    const conflicts = new Set(flushed.conflicts);
    for (const [stream, { refused, events }] of flushed.refused) {
      counters.refused += events;
      options.refused?.(stream, refused);
    }
    counters.conflicts += conflicts.size;
    const uniqueids = [...conflicts, ...flushed.refused.keys()].flatMap(
      (stream) => parseStream(stream)?.uniqueid ?? [],
    );
    for (const uniqueid of uniqueids) known.forget(uniqueid);
    await learn(uniqueids);
    const ofPbx = flushed.refused.get(pbxStream(name));
    if (ofPbx) throw ofPbx.refused;
    return conflicts;
  };

  const loadPbx = async (): Promise<void> => {
    pbx = undefined;
    pbxHead = -1;
    for await (const batch of log.readStream(pbxStream(name))) {
      for (const event of batch) {
        pbx = evolvePbx(pbx, takeable(event));
        pbxHead = event.revision;
      }
    }
  };

  const end = (entry: Known, reason: 'reconciled' | 'pbx-restarted', time?: number): void => {
    record(entry, [{ type: 'ChannelDestroyed', data: { reason } }], 'reconcile', time);
  };

  /** A dead PBX leaves nothing: everything of the boot before is over. */
  const beginBoot = async (
    evidence: (PbxEvent & { type: 'PbxBooted' })['data']['evidence'],
    startup: string | undefined,
    time: number | undefined,
  ): Promise<void> => {
    await recordPbx({ type: 'PbxBooted', data: { boot: boot() + 1, evidence, startup } }, 'reconcile', time);
    await endBoot([...known.live()], time);
    highest = undefined;
  };

  const endBoot = async (entries: Known[], time?: number): Promise<void> => {
    let left = entries;
    while (left.length > 0) {
      const before = left.map((entry) => ({ ...entry }));
      for (const entry of left) end(entry, 'pbx-restarted', time);
      const conflicts = await flush();
      left = before.filter(({ stream }) => conflicts.has(stream));
      // Another writer was first on these; whatever it wrote, they are over.
      for (const entry of left) await catchUp(entry);
      left = left.filter(({ state }) => state.is === 'live');
    }
    counters.ended += entries.length;
    known.clear();
  };

  return {
    get pbx() {
      return pbx;
    },
    /**
     * Takes up where the log stands; `live`: what the list has, `setAside`: streams of which the log has more than the list.
     * Ends what a crash left of older boots.
     */
    load: async (live: Iterable<Channel>, setAside: Iterable<string> = []): Promise<void> => {
      await loadPbx();
      const entries = new Map<string, Known>();
      const add = (entry: Known | undefined): void => void (entry && entries.set(entry.stream, entry));
      for (const channel of live) if (channel.pbx === name) add(knownFrom(channel));
      for (const stream of setAside) add(await known.fromLog(stream));
      const open = [...entries.values()].filter(({ state }) => state.is === 'live');
      await endBoot(open.filter((entry) => entry.boot < boot()));
      for (const entry of open) if (entry.boot >= boot()) known.set(entry);
    },

    /** Channel observations, in order. Resolves when what they mean is durable. */
    observe: async (observations: readonly ChannelObservation[]): Promise<void> => {
      if (boot() === 0 && observations.length) await beginBoot('first-seen', undefined, observations[0]?.time);
      if (canAsk) return decideAll(observations);
      let from = 0;
      for (const [index, observation] of observations.entries()) {
        if (observation.kind !== 'created') continue;
        const counted = counterOf(highest, observation.uniqueid);
        highest = counted.highest;
        if (!counted.restarted) continue;
        await decideAll(observations.slice(from, index));
        await beginBoot('uniqueid-counter', undefined, observation.time);
        highest = counted.highest;
        from = index;
      }
      await decideAll(observations.slice(from));
    },

    /** Begins a new boot when `sign` tells of one. */
    bootSign: async (sign: BootSign, time?: number): Promise<void> => {
      const startup = sign.sign === 'startup-time' ? sign.startup : undefined;
      if (!bootChange(pbx, sign)) return;
      const evidence = boot() === 0 ? 'first-seen' : sign.sign;
      await beginBoot(evidence, startup, time);
    },

    recordPbx,
    learn,
    refresh: known.refresh,
    known: (uniqueid: string): Known | undefined => known.get(uniqueid),
    live: (): Iterable<Known> => known.live(),
    /** The count that `Known.heard` is compared with. */
    get heard() {
      return heard;
    },
    /** Appends what reconciling found; durable after `flush`. */
    record,
    end,
    flush,
  };
};

export type Writer = ReturnType<typeof createWriter>;
