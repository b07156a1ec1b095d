import type { World } from '@rollcall/clock';
import type { EventLog } from '../event-log.ts';
import { appendTo } from './appending.ts';
import { openClient } from './client.ts';
import { parseConnectionString } from './connection-string.ts';
import { logClosed, logReadOnly } from './log-errors.ts';
import { names as namesWith } from './names.ts';
import { findOrCreate } from './own-stream.ts';
import { openReading } from './reading.ts';
import { openRetention } from './retention.ts';
import { createServer, type Server } from './server.ts';
import { createStreams } from './streams.ts';

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
  const { url, where, deadline } = parseConnectionString(options.connection);
  const requiresLeader = options.mode !== 'read';
  const client = openClient(url, where);
  const server = createServer({ client, where, deadline, world: options.world, requiresLeader });
  try {
    return await openLog(server, options);
  } catch (error) {
    await server.close();
    throw error;
  }
};

const openLog = async (server: Server, options: EventStoreLogOptions): Promise<EventLog> => {
  const { prefix = 'rollcall-', mode = 'write', retain, stalled, milestoneEvery } = options;
  const { where, world, deadline } = server;
  const names = namesWith(prefix);
  const streams = createStreams(server, names);
  const parts = { server, streams, names };
  const { id, birth } = await findOrCreate(server, streams, names, mode);
  const retention = await openRetention(parts, mode === 'write' ? { retain: retain ?? null } : undefined);

  const under = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  const use = (): void => {
    if (closed) throw logClosed(where);
  };
  const reading = openReading({ ...parts, birth, retention, use, stalled, milestoneEvery });

  const append: EventLog['append'] = async (stream, expected, events) => {
    await retention.prepare(stream, expected);
    const appended = await appendTo(parts, stream, expected, events);
    retention.appended(stream, expected, events);
    reading.appended(events.length);
    return appended;
  };

  const close = async (): Promise<void> => {
    await Promise.allSettled(under);
    const enough = new AbortController();
    await Promise.race([retention.idle(), world.scheduler.sleep(deadline, enough.signal)]);
    enough.abort();
    await server.close();
  };

  return {
    ...reading.log,
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
    close: () => {
      closed ??= close();
      return closed;
    },
  };
};
