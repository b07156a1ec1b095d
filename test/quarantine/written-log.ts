import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStream, type DomainEvent, parseStream, pbxStream, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { insertRows, type LogRow } from '../support/log-rows.ts';

export const PBX = 'a';
/** 2026-11-22T15:00:00Z: a second passes from event to event. */
export const T0 = Date.UTC(2026, 10, 22, 15);

/** An event as it shall stand in the file, whatever it says; `data` as it stands there, where it is text. */
export type Written = { stream: string; type: string; data: unknown; schema?: number; boot?: number };

export const ofPbx = (event: DomainEvent): Written => ({ stream: pbxStream(PBX), ...event });
export const ofChannel = (uniqueid: string, event: DomainEvent, boot = 1): Written => ({
  stream: channelStream(PBX, boot, uniqueid),
  boot,
  ...event,
});

/** A PBX that is connected and has booted once. */
export const BEGUN: readonly Written[] = [
  ofPbx({ type: 'PbxConnected', data: { source: 'ami', startup: 'ami:first' } }),
  ofPbx({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen', startup: 'ami:first' } }),
];

export const created = (uniqueid: string, boot = 1): Written =>
  ofChannel(
    uniqueid,
    { type: 'ChannelCreated', data: { name: `PJSIP/${uniqueid}`, state: 4, origin: 'created' } },
    boot,
  );

/** What a later version wrote. */
export const ofSchema9 = (uniqueid: string, type = 'ChannelTeleported', boot = 1): Written => ({
  ...{ stream: channelStream(PBX, boot, uniqueid), boot, type },
  ...{ data: { planet: 'Mars' }, schema: 9 },
});

/** What is no event of that type. */
export const broken = (uniqueid: string, type = 'ChannelHeld', data: unknown = null): Written => ({
  stream: channelStream(PBX, 1, uniqueid),
  type,
  data,
});

/** A new data directory whose log holds these events, written with plain SQL. */
export const writtenLog = async (events: readonly Written[]): Promise<string> => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-quarantine-'));
  await openEmbeddedLog({ dir, world: systemWorld }).close();
  const heads = new Map<string, number>();
  const rows = events.map(({ stream, type, data, schema = SCHEMA_VERSION, boot = 1 }, index): LogRow => {
    const revision = (heads.get(stream) ?? -1) + 1;
    heads.set(stream, revision);
    return {
      ...{ position: index + 1, stream, revision, type, schema, boot, source: 'ami' },
      pbx: parseStream(stream)?.pbx ?? '',
      time: T0 + index * 1000,
      recorded: T0 + index * 1000 + 5,
      id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      data: typeof data === 'string' ? data : JSON.stringify(data),
    };
  });
  insertRows(dir, rows);
  return dir;
};
