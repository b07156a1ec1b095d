import {
  isTerminal,
  type NewEvent,
  type Position,
  position,
  type RecordedEvent,
  type Revision,
  revision,
  START,
} from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { type EventLog, type ExpectedRevision, WrongExpectedRevision } from '@rollcall/event-log';
import type { Dice } from './dice.ts';
import type { VirtualWorld } from './world.ts';

/** What the log suffers just now. */
export type LogWeather = {
  /** Appends are refused with LOG_FULL. */
  full: boolean;
  /** Longest time of an append, in milliseconds. */
  slow: number;
  /** Of an append that is durable: its answer is lost, and it is tried again. */
  lostAnswer: number;
  /** Of an append: another writer was first. */
  foreign: number;
  /** Of a delivery to a subscriber: some of it came before already, or lacks what a later event of its stream shows. */
  repeated: number;
};

export const fairWeather = (): LogWeather => ({ full: false, slow: 0, lostAnswer: 0, foreign: 0, repeated: 0 });

export type SimulatedLog = {
  events: readonly RecordedEvent[];
  weather: LogWeather;
  /** The log as one process reaches it. A killed process hears no more, and what had not arrived is not written. */
  client(isAlive: () => boolean): EventLog;
  /** Virtual time since when the live process owes the log something; undefined: it owes nothing. */
  owedSince(): number | undefined;
};

export type SimulatedLogOptions = {
  world: VirtualWorld;
  dice: Dice;
  appended: (events: readonly RecordedEvent[], by: 'rollcall' | 'foreign') => void;
};

/** An event log in memory that keeps every promise of the port, in bad weather too. */
export const createSimulatedLog = ({ world, dice, appended }: SimulatedLogOptions): SimulatedLog => {
  const events: RecordedEvent[] = [];
  const streams = new Map<string, RecordedEvent[]>();
  const weather = fairWeather();
  const wakers = new Set<() => void>();
  /** Streams with an append that has not been answered with success or conflict, and since when. */
  let owed = new Map<string, number>();
  let last = 0;

  const write = (stream: string, news: readonly NewEvent[], by: 'rollcall' | 'foreign'): void => {
    const standing = streams.get(stream) ?? [];
    const recorded = news.map((event, index) => {
      last += dice.chance(0.1) ? 3 : 1;
      const places = { stream, revision: revision(standing.length + index), position: position(last) };
      return { ...event, ...places, recorded: event.time };
    });
    streams.set(stream, [...standing, ...recorded]);
    events.push(...recorded);
    appended(recorded, by);
    for (const wake of wakers) wake();
  };

  const head = (stream: string): Revision | 'none' => streams.get(stream)?.at(-1)?.revision ?? 'none';

  const isRetry = (stream: string, expected: ExpectedRevision, news: readonly NewEvent[]): boolean => {
    const at = expected === 'none' ? 0 : expected + 1;
    const standing = streams.get(stream)?.slice(at, at + news.length) ?? [];
    return standing.length === news.length && standing.every(({ id }, index) => id === news[index]?.id);
  };

  /** Another writer that follows the same PBX writes what we were about to write, or ends the channel, or adds to it. */
  const writeFirst = (stream: string, [event]: readonly NewEvent[]): void => {
    if (event === undefined) return;
    const { time, pbx, schema } = event;
    const id = dice.uuid();
    const before = streams.get(stream)?.at(-1);
    const isLive = before && stream.startsWith('channel/') && !isTerminal(before.type);
    const envelope = { id, time, pbx, boot: before?.boot ?? event.boot, schema, source: 'reconcile' as const };
    const roll = dice.float();
    if (isLive && roll < 0.2) {
      write(stream, [{ ...envelope, type: 'ChannelDestroyed', data: { reason: 'reconciled' } }], 'foreign');
    } else if (isLive && roll < 0.5) {
      write(stream, [{ ...envelope, type: 'VariableSet', data: { variable: 'FOREIGN', value: id } }], 'foreign');
    } else write(stream, [{ ...event, id }], 'foreign');
  };

  const client = (isAlive: () => boolean): EventLog => {
    const pause = (longest: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const goOn = (): void => {
          if (!isAlive()) return;
          if (closed) reject(closedError());
          else resolve();
        };
        if (longest > 0) world.after(dice.float() * longest, goOn);
        else goOn();
      });
    let closed = false;
    const owes = new Map<string, number>();
    owed = owes;

    const append: EventLog['append'] = async (stream, expected, news) => {
      if (!owes.has(stream)) owes.set(stream, world.now());
      await pause(weather.slow);
      // Of what a killed process had under way, some is durable.
      if (!isAlive() && dice.chance(0.5)) await new Promise(() => {});
      if (weather.full) throw new RollcallError('LOG_FULL', 'The disk is full.', 'Make room.');
      const retried = isRetry(stream, expected, news);
      if (!retried && dice.chance(weather.foreign)) writeFirst(stream, news);
      if (!retried && head(stream) !== expected) {
        owes.delete(stream);
        throw new WrongExpectedRevision(stream, expected, head(stream));
      }
      if (!retried) write(stream, news, 'rollcall');
      const at = streams.get(stream)?.[(expected === 'none' ? 0 : expected + 1) + news.length - 1];
      await pause(weather.slow);
      if (dice.chance(weather.lostAnswer)) throw new RollcallError('LOG_UNAVAILABLE', 'No answer.', 'Wait.');
      owes.delete(stream);
      return { revision: at?.revision ?? revision(0), position: at?.position ?? START };
    };

    async function* batches(found: readonly RecordedEvent[]): AsyncGenerator<RecordedEvent[]> {
      for (let from = 0; from < found.length; ) {
        await pause(weather.slow / 10);
        const size = 1 + dice.below(20);
        yield found.slice(from, from + size);
        from += size;
      }
    }

    async function* subscribe(after: Position, signal: AbortSignal): AsyncGenerator<RecordedEvent[]> {
      let at = firstAfter(events, after);
      while (!signal.aborted) {
        await pause(weather.slow / 10);
        if (at < events.length) {
          const from = dice.chance(weather.repeated) ? Math.max(0, at - dice.below(30)) : at;
          // All of it old, once in a while.
          if (from < at && dice.chance(0.3)) yield events.slice(from, from + 1 + dice.below(at - from));
          at = Math.min(events.length, at + 1 + dice.below(50));
          yield withHoles(events.slice(from, at));
          continue;
        }
        if (signal.aborted) return;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            wakers.delete(wake);
            signal.removeEventListener('abort', wake);
            if (isAlive()) resolve();
          };
          wakers.add(wake);
          signal.addEventListener('abort', wake, { once: true });
        });
      }
    }

    const withHoles = (batch: RecordedEvent[]): RecordedEvent[] => {
      const last = new Map(batch.map(({ stream }, index) => [stream, index]));
      return batch.filter(({ stream }, index) => last.get(stream) === index || !dice.chance(weather.repeated / 4));
    };

    const upTo = (to: Position | undefined) => events.slice(0, firstAfter(events, to ?? position(last)));
    return {
      id: 'simulated',
      append,
      subscribe,
      readStream: (stream, from = revision(0)) => batches((streams.get(stream) ?? []).slice(from)),
      readAll: (after, to) => batches(upTo(to).slice(firstAfter(events, after))),
      readOpen: (at) => batches(openOf(upTo(at))),
      head: async () => events.at(-1)?.position ?? START,
      heads: async (names) => {
        await pause(weather.slow / 10);
        const found = names.flatMap((name) => streams.get(name)?.at(-1) ?? []);
        return new Map(
          found.map((event) => [event.stream, { revision: event.revision, closed: isTerminal(event.type) }]),
        );
      },
      compactedTo: async () => START,
      positionAt: async (time) => events.findLast(({ recorded }) => recorded <= time)?.position ?? START,
      close: async () => {
        closed = true;
      },
    };
  };

  return {
    events,
    weather,
    client,
    owedSince: () => [...owed.values()][0],
  };
};

const closedError = () => new RollcallError('LOG_CLOSED', 'The log is closed.', 'Open it again.');

/** Index of the first event after `place`. */
const firstAfter = (events: readonly RecordedEvent[], place: Position): number => {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.position ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
};

const openOf = (events: readonly RecordedEvent[]): RecordedEvent[] => {
  const open = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    const stream = open.get(event.stream) ?? [];
    stream.push(event);
    open.set(event.stream, stream);
  }
  return [...open.values()].filter((stream) => !isTerminal(stream.at(-1)?.type ?? '')).flat();
};
