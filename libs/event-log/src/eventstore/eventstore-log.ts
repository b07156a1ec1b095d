import { type Position, position, type RecordedEvent, revision, START } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type { EventLog } from '../event-log.ts';
import { appendTo } from './appending.ts';
import { openClient } from './client.ts';
import { parseConnectionString } from './connection-string.ts';
import { createFollow } from './follow.ts';
import { logClosed, logReadOnly } from './log-errors.ts';
import { createMilestones } from './milestones.ts';
import { names as namesWith } from './names.ts';
import { advance, eventsOf, type OpenAt } from './open-streams.ts';
import { findOrCreate } from './own-stream.ts';
import { positionAt } from './position-at.ts';
import { positionOf, recordedEvent, type Stored, streamNameOf } from './record.ts';
import { openRetention } from './retention.ts';
import { createServer } from './server.ts';
import { createStreams } from './streams.ts';
import { newestRequest } from './wire.ts';

export type EventStoreLogOptions = {
  /**
   * `esdb://USER:PASSWORD@HOST:PORT,HOST:PORT?tls=true&tlsCAFile=FILE`, or `kurrentdb://` likewise. `defaultDeadline`: how long
   * an append or a read may go without an answer, in milliseconds (default: 10,000).
   */
  connection: string;
  /**
   * What the names of the installation's streams begin with, so that several can share a store. Default: `rollcall-`; the server
   * takes what stands before the first dash as the category of all of them.
   */
  prefix?: string;
  world: World;
  /** `read` makes and changes nothing, and reads from whatever node the connection string prefers. Default: `write`. */
  mode?: 'write' | 'read';
  /** How long a closed stream is kept, in milliseconds. Default: for ever. The setting made last holds for the installation. */
  retain?: number;
  /** Told, once, that a subscription is interrupted, and by what; undefined: it goes on. */
  stalled?: (error: Error | undefined) => void;
  /** Events between milestones, see `milestones.ts`; 0: none are written. */
  milestoneEvery?: number;
};

/**
 * The event log in EventStoreDB (from 23.10 on) or KurrentDB. A position is a commit position: bytes in the server's log.
 * @throws RollcallError LOG_ADDRESS_INVALID, LOG_UNAVAILABLE, LOG_NOT_LEADER, LOG_ACCESS_DENIED, LOG_FORMAT_UNKNOWN, in mode
 *   `read` LOG_MISSING
 */
export const openEventStoreLog = async (options: EventStoreLogOptions): Promise<EventLog> => {
  const { connection, prefix = 'rollcall-', world, mode = 'write', retain, stalled, milestoneEvery } = options;
  const names = namesWith(prefix);
  const { url, where, deadline } = parseConnectionString(connection);
  const client = openClient(url, where);
  const server = createServer({ client, where, deadline, world, requiresLeader: mode === 'write' });
  const streams = createStreams(server, names);
  try {
    const { id, birth } = await findOrCreate(server, streams, names, mode);
    const retention = await openRetention(
      { server, streams, names },
      mode === 'write' ? { retain: retain ?? null } : undefined,
    );

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

    const under = new Set<Promise<unknown>>();
    let closed: Promise<void> | undefined;
    const use = (): void => {
      if (closed) throw logClosed(where);
    };

    const append: EventLog['append'] = async (stream, expected, events) => {
      await retention.prepare(stream, expected);
      const appended = await appendTo({ server, streams, names }, stream, expected, events);
      retention.appended(stream, expected, events);
      milestones.appended(events.length);
      return appended;
    };

    async function* decoded(batches: AsyncIterable<Stored[]>): AsyncGenerator<RecordedEvent[]> {
      for await (const batch of batches) yield batch.map((stored) => recordedEvent(stored, prefix));
      use();
    }

    /** Begins at once; whoever reads hears of it when it fails. */
    const headNow = (): Promise<Position> => {
      const found = closed ? Promise.reject(logClosed(where)) : head();
      found.catch(() => {});
      return found;
    };

    async function* all(after: Position, to: Position | Promise<Position>): AsyncGenerator<RecordedEvent[]> {
      use();
      yield* decoded(follow(after, { until: await to, signal: server.closing }));
    }

    async function* open(to: Position | Promise<Position>): AsyncGenerator<RecordedEvent[]> {
      use();
      const at = await to;
      const known: OpenAt = (await milestones.before({ position: at })) ?? {
        position: birth,
        recorded: 0,
        open: new Map(),
      };
      await advance(known, { follow, until: at, prefix, signal: server.closing });
      use();
      yield* eventsOf(known, { at, streams, prefix });
    }

    const close = async (): Promise<void> => {
      await Promise.allSettled(under);
      const enough = new AbortController();
      await Promise.race([retention.idle(), world.scheduler.sleep(deadline, enough.signal)]);
      enough.abort();
      await server.close();
    };

    let compacted: { time: number; position: Position } | undefined;

    return {
      id,
      append: (stream, expected, events) => {
        if (closed) return Promise.reject(logClosed(where));
        if (mode === 'read') return Promise.reject(logReadOnly(where));
        const appending = append(stream, expected, events);
        under.add(appending);
        const done = (): void => void under.delete(appending);
        appending.then(done, done);
        return appending;
      },
      readStream: async function* (stream, from) {
        use();
        yield* streams.read(stream, from ?? revision(0));
        use();
      },
      readAll: (after, to) => all(after, to ?? headNow()),
      readOpen: (at) => open(at ?? headNow()),
      subscribe: async function* (after, signal) {
        use();
        const either = AbortSignal.any([signal, server.closing]);
        yield* decoded(follow(after, { signal: either, ...(stalled ? { stalled } : {}) }));
      },
      head: async () => {
        use();
        return head();
      },
      heads: async (names) => {
        use();
        return streams.heads(names);
      },
      positionAt: async (time) => {
        use();
        return positionAt(time, { newest, milestones, follow, signal: server.closing });
      },
      compactedTo: async () => {
        use();
        const time = await retention.droppedUpTo();
        if (time === undefined) return START;
        if (compacted?.time !== time) {
          const at = await positionAt(time, { newest, milestones, follow, signal: server.closing });
          compacted = { time, position: at };
        }
        return compacted.position;
      },
      close: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
};
