import type { Clock } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import type { Metrics, Reading } from './registry.ts';

/** From a local disk's tenth of a millisecond to the deadline of a remote log. */
const APPEND_SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

type Appends = { append: (...args: Parameters<EventLog['append']>) => Promise<unknown> };

/** The same log, of which each append is timed until it is durable, or refused. */
export const timedAppends = <Log extends Appends>(
  { duration }: Metrics,
  log: Log,
  { monotonic }: Pick<Clock, 'monotonic'>,
): Log => {
  const observe = duration('append_seconds', 'Time until an append is durable.', ['result'], APPEND_SECONDS);
  const append: Appends['append'] = async (...asked) => {
    const begin = monotonic();
    try {
      const appended = await log.append(...asked);
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
  /** `oldest`: for how many milliseconds the oldest has waited. */
  state: () => { events: number; bytes: number; oldest: number; refused: number; discarded: number },
): void => {
  now('spool_events', 'Events that wait for the remote log.', [], () => [[{}, state().events]]);
  now('spool_bytes', 'Bytes of the spool.', [], () => [[{}, state().bytes]]);
  now('spool_age_seconds', 'For how long the oldest event has waited; 0 when none does.', [], () => [
    [{}, state().oldest / 1000],
  ]);
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

/** A projector of a group: the partitions that it keeps. */
export const groupMetrics = (
  { now, total }: Metrics,
  group: {
    partitions: () => readonly {
      partition: number;
      phase: string;
      position: number;
      channels: number;
      setAside: number;
      problem: unknown;
    }[];
    counters: () => Readonly<Record<string, number>>;
  },
): void => {
  const ofEach = (name: string, help: string, read: (state: ReturnType<typeof group.partitions>[number]) => number) =>
    now(name, help, ['partition'], () =>
      group.partitions().map((state): Reading => [{ partition: String(state.partition) }, read(state)]),
    );
  ofEach('partition_projecting', '1 while the partition is followed, 0 while its list is made or it waits.', (state) =>
    state.phase === 'projecting' ? 1 : 0,
  );
  ofEach(
    'partition_position',
    'Offset of the log partition up to which its list has everything.',
    (state) => state.position,
  );
  ofEach('partition_channels', 'Live channels of a partition.', (state) => state.channels);
  ofEach(
    'partition_set_aside_streams',
    'Streams of a partition that wait at an event which cannot be read.',
    (state) => state.setAside,
  );
  ofEach('partition_problem', '1 while something of a partition needs somebody.', (state) => (state.problem ? 1 : 0));
  total('group_total', 'What the projectors of a group did, by this one.', ['what'], () =>
    Object.entries(group.counters()).map(([what, value]): Reading => [{ what }, value]),
  );
};
