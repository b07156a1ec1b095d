import {
  type DomainEvent,
  position,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
  type Unreadable,
} from '@rollcall/channel';
import { logOf } from '../../../../test/support/history.ts';

/** An event as a test tells it; whatever is left out is nothing special. */
export type Told = {
  event: DomainEvent | Unreadable;
  stream?: string;
  source?: 'ami' | 'ari' | 'reconcile' | 'operator';
  at?: number;
  recorded?: number;
};

/** Events in the order of the log, each at the next revision of its stream. `at`: milliseconds since 1970. */
export const toldEvents = (told: readonly Told[]): RecordedEvent[] => {
  const heads = new Map<string, number>();
  return told.map(({ event, stream = 'channel/a/1/1.1', source = 'ami', at = 0, recorded = at }, index) => {
    const place = (heads.get(stream) ?? -1) + 1;
    heads.set(stream, place);
    return {
      ...{ id: String(index), time: at, recorded, pbx: 'a', boot: 1, source, schema: SCHEMA_VERSION, stream },
      ...{ revision: revision(place), position: position(index + 1) },
      ...event,
    };
  });
};

export const toldLog = (told: readonly Told[]) => logOf(toldEvents(told));
