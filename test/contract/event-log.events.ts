import { randomUUID } from 'node:crypto';
import { channelStream, type DomainEvent, type NewEvent, SCHEMA_VERSION } from '@rollcall/channel';

/** Events for tests; the domain does not care here what they say, only that they come back as they went in. */
export const asNew = (event: DomainEvent, envelope: Partial<NewEvent> = {}): NewEvent => ({
  id: randomUUID(),
  time: 1_760_000_000_000,
  pbx: 'pbx-a',
  boot: 1,
  source: 'ami',
  schema: SCHEMA_VERSION,
  ...event,
  ...(envelope as object),
});

export const created = (name = 'PJSIP/100-00000001'): NewEvent =>
  asNew({ type: 'ChannelCreated', data: { name, origin: 'created', state: 0 } });

export const state = (value: number): NewEvent => asNew({ type: 'ChannelStateChanged', data: { state: value } });

export const destroyed = (): NewEvent => asNew({ type: 'ChannelDestroyed', data: { reason: 'hangup', cause: 16 } });

export const streamOf = (uniqueid: string): string => channelStream('pbx-a', 1, uniqueid);
