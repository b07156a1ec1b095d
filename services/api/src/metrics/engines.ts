import type { Clock } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import type { Metrics, Reading } from './registry.ts';

/** From a local disk's tenth of a millisecond to the deadline of a remote log. */
const APPEND_SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The same log, of which each append is timed until it is durable, or refused. */
export const timedAppends = <Log extends Pick<EventLog, 'append'>>(
  { duration }: Metrics,
  log: Log,
  { monotonic }: Pick<Clock, 'monotonic'>,
): Log => {
  const observe = duration('append_seconds', 'Time until an append is durable.', ['result'], APPEND_SECONDS);
  const append: EventLog['append'] = async (stream, expected, events) => {
    const begin = monotonic();
    try {
      const appended = await log.append(stream, expected, events);
      observe({ result: 'done' }, (monotonic() - begin) / 1000);
      return appended;
    } catch (error) {
      observe({ result: 'failed' }, (monotonic() - begin) / 1000);
      throw error;
    }
  };
  return { ...log, append };
};

/** What waits on this machine while a remote log is away. */
export const spoolMetrics = (
  { now, total }: Metrics,
  clock: Clock,
  state: () => { events: number; bytes: number; oldest?: number | undefined; refused: number; discarded: number },
): void => {
  now('spool_events', 'Events that wait for the remote log.', [], () => [[{}, state().events]]);
  now('spool_bytes', 'Bytes of the spool.', [], () => [[{}, state().bytes]]);
  now('spool_age_seconds', 'Age of the oldest event that waits; 0 when none does.', [], () => {
    const { oldest } = state();
    return [[{}, oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000]];
  });
  total(
    'spool_lost_total',
    'Events that never came to the log: refused by it, or given up at the bound.',
    ['why'],
    () => {
      const { refused, discarded } = state();
      return Object.entries({ refused, discarded }).map(([why, value]): Reading => [{ why }, value]);
    },
  );
};

/** The projection topic, as whoever publishes it knows it. */
export const publisherMetrics = (
  { now, total }: Metrics,
  state: () => {
    queued: number;
    snapshots: number;
    tombstones: number;
    position: number | undefined;
    problem: unknown;
  },
): void => {
  total('published_total', 'Records of the projection topic.', ['what'], () => {
    const { snapshots, tombstones } = state();
    return Object.entries({ snapshots, tombstones }).map(([what, value]): Reading => [{ what }, value]);
  });
  now('publish_queue', 'Channels whose record is still to be looked at.', [], () => [[{}, state().queued]]);
  now('publish_position', 'Position of the log up to which the topic has everything.', [], () => {
    const { position } = state();
    return position === undefined ? [] : [[{}, position]];
  });
  now('publish_problem', '1 while the topic cannot be published.', [], () => [
    [{}, state().problem === undefined ? 0 : 1],
  ]);
};
