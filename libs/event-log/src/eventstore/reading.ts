import { type Position, position, type RecordedEvent, revision, START } from '@rollcall/channel';
import type { EventLog } from '../event-log.ts';
import { createFollow } from './follow.ts';
import { createMilestones } from './milestones.ts';
import type { Names } from './names.ts';
import { advance, eventsOf, type OpenAt } from './open-streams.ts';
import { positionAt } from './position-at.ts';
import { positionOf, recordedEvent, type Stored, streamNameOf } from './record.ts';
import type { Retention } from './retention.ts';
import type { Server } from './server.ts';
import type { Streams } from './streams.ts';
import { newestRequest } from './wire.ts';

export type ReadingOptions = {
  server: Server;
  streams: Streams;
  names: Names;
  birth: number;
  retention: Retention;
  /** @throws RollcallError LOG_CLOSED */
  use: () => void;
  stalled: ((error: Error | undefined) => void) | undefined;
  milestoneEvery: number | undefined;
};

export type Reading = {
  log: Omit<EventLog, 'id' | 'append' | 'close'>;
  /** So many events more are in the log. */
  appended(events: number): void;
};

type Range = { until?: number; signal: AbortSignal; stalled?: (error: Error | undefined) => void };

/** The reading half of the port. */
export const openReading = (options: ReadingOptions): Reading => {
  const { server, streams, names, birth, retention, use, stalled, milestoneEvery } = options;
  const { prefix } = names;
  const signal = server.closing;

  /** Our last event; undefined when the log is as it began. */
  const newest = async (): Promise<Stored | undefined> => {
    const responses = await server.collect(newestRequest([...names.ours, names.log], 1));
    const stored = responses
      .find((response) => response.hasEvent())
      ?.getEvent()
      ?.getEvent();
    return stored && streamNameOf(stored) !== names.log ? stored : undefined;
  };
  const head = async (): Promise<Position> => {
    const stored = await newest();
    return stored ? position(positionOf(stored)) : START;
  };
  const placeBefore = async (at: number): Promise<number> =>
    (await milestones.before({ position: at }))?.position ?? birth;
  const follow = createFollow({ server, prefixes: names.ours, birth, head, placeBefore });
  const every = milestoneEvery === undefined ? {} : { interval: milestoneEvery, little: 0 };
  const milestones = createMilestones({ server, streams, names, follow, head, birth, ...every });
  const seek = (time: number): Promise<Position> => positionAt(time, { newest, milestones, follow, signal });

  let compacted: { time: number; position: Position } | undefined;
  const compactedTo = async (): Promise<Position> => {
    const time = await retention.droppedUpTo();
    if (time === undefined) return START;
    if (compacted?.time !== time) compacted = { time, position: await seek(time) };
    return compacted.position;
  };

  const openAt = async (at: number): Promise<OpenAt> => {
    const known = (await milestones.before({ position: at })) ?? { position: birth, recorded: 0, open: new Map() };
    await advance(known, { follow, until: at, prefix, signal });
    use();
    return known;
  };

  /**
   * Where streams that are over have been dropped, or may have been, only those that were still open then are told, and they
   * whole: scavenging leaves the others' last events behind, and it may leave holes.
   */
  async function* whole(after: number, range: Range): AsyncGenerator<Stored[]> {
    const dropped = await compactedTo();
    let place = after;
    if (after < dropped) {
      const { open } = await openAt(dropped);
      const until = Math.min(dropped, range.until ?? dropped);
      for await (const batch of follow(after, { ...range, until })) {
        const due = batch.filter((stored) => open.has(streamNameOf(stored).slice(prefix.length)));
        if (due.length > 0) yield due;
      }
      place = dropped;
    }
    yield* follow(place, range);
  }

  async function* decoded(batches: AsyncIterable<Stored[]>): AsyncGenerator<RecordedEvent[]> {
    use();
    for await (const batch of batches) yield batch.map((stored) => recordedEvent(stored, prefix));
    use();
  }

  /** Begins at once; whoever reads hears of it when it fails. */
  const headNow = async (): Promise<Position> => {
    use();
    return head();
  };
  const orHead = (at: Position | undefined): Promise<Position> => {
    const found = at === undefined ? headNow() : Promise.resolve(at);
    found.catch(() => {});
    return found;
  };

  async function* all(after: Position, to: Promise<Position>): AsyncGenerator<RecordedEvent[]> {
    yield* decoded(whole(after, { until: await to, signal }));
  }

  async function* open(to: Promise<Position>): AsyncGenerator<RecordedEvent[]> {
    use();
    const at = await to;
    yield* eventsOf(await openAt(at), { at, streams, prefix });
  }

  return {
    appended: milestones.appended,
    log: {
      readStream: async function* (stream, from) {
        use();
        yield* streams.read(stream, from ?? revision(0));
        use();
      },
      readAll: (after, to) => all(after, orHead(to)),
      readOpen: (at) => open(orHead(at)),
      subscribe: (after, ending) =>
        decoded(whole(after, { signal: AbortSignal.any([ending, signal]), ...(stalled ? { stalled } : {}) })),
      head: headNow,
      heads: async (wanted) => {
        use();
        return streams.heads(wanted);
      },
      positionAt: async (time) => {
        use();
        return seek(time);
      },
      compactedTo: async () => {
        use();
        return compactedTo();
      },
    },
  };
};
