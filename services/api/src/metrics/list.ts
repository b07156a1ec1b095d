import type { Position } from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import type { ProjectorCounters } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';
import { presenceCounts } from '../listed.ts';
import type { Metrics, Reading } from './registry.ts';

/** The list that a process keeps: what is in it, and how far it is behind the log. */
export const listMetrics = (
  { total, now }: Metrics,
  options: {
    cache: CacheReader;
    clock: Clock;
    staleAfter: number;
    /** Where the process reads the log itself. */
    log?: Pick<EventLog, 'head' | 'readAll'>;
    projector?: ProjectorCounters;
  },
): void => {
  const { cache, clock, staleAfter, log, projector } = options;

  now('channels', 'Channels by PBX, as they are listed: live, or stale.', ['pbx', 'presence'], () =>
    [...presenceCounts({ cache, now: clock.now(), staleAfter })].flatMap(([pbx, count]): Reading[] =>
      Object.entries(count).map(([how, value]) => [{ pbx, presence: how }, value]),
    ),
  );
  now('set_aside_streams', 'Streams that wait at an event which cannot be read: see "rollcall quarantine".', [], () => [
    [{}, [...cache.quarantine()].length],
  ]);
  now('position', 'Position of the log up to which the list has everything.', [], () => [[{}, cache.checkpoint]]);
  if (log) {
    now('lag_events', 'Positions of the log that the list does not have yet.', [], async () => [
      [{}, Math.max(0, (await log.head()) - cache.checkpoint)],
    ]);
    now(
      'lag_seconds',
      'Age of the oldest event that the list does not have yet; 0 when there is none.',
      [],
      async () => [[{}, await oldestAge(log, cache.checkpoint, clock)]],
    );
  }
  if (projector) {
    total('projector_events_total', 'Events by what became of them.', ['result'], () =>
      Object.entries(projector).map(([result, value]): Reading => [{ result }, value]),
    );
  }
};

const oldestAge = async (log: Pick<EventLog, 'head' | 'readAll'>, after: Position, clock: Clock): Promise<number> => {
  for await (const [first] of log.readAll(after)) {
    return first ? Math.max(0, clock.now() - first.recorded) / 1000 : 0;
  }
  return 0;
};
