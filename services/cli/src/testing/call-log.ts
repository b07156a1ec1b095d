import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStream, type DomainEvent, pbxStream, revision, SCHEMA_VERSION, type Source } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { type EventLog, openEmbeddedLog } from '@rollcall/event-log';

/** 2026-11-22T15:00:00Z, when the tests' calls begin. */
export const T0 = Date.UTC(2026, 10, 22, 15);

/** A log in a directory of its own, to which a test tells what happened. */
export const createCallLog = () => {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-cli-'));
  const log: EventLog = openEmbeddedLog({ dir: data, world: systemWorld });
  const revisions = new Map<string, number>();

  const append = async (
    stream: string,
    event: DomainEvent,
    more: { pbx: string; boot: number; at: number; source?: Source },
  ) => {
    const last = revisions.get(stream);
    const { pbx, boot, at, source = 'ami' } = more;
    const time = T0 + at * 1000;
    const id = crypto.randomUUID();
    const whole = { ...event, id, time, pbx, boot, source, schema: SCHEMA_VERSION };
    const appended = await log.append(stream, last === undefined ? 'none' : revision(last), [whole]);
    revisions.set(stream, appended.revision);
    return appended;
  };

  return {
    data,
    log,
    /** `at`: seconds after T0. */
    pbx: (name: string, event: DomainEvent, at = 0) => append(pbxStream(name), event, { pbx: name, boot: 1, at }),
    channel: (
      uniqueid: string,
      event: DomainEvent,
      at = 0,
      more: { pbx?: string; boot?: number; source?: Source } = {},
    ) => {
      const { pbx = 'pbx-a', boot = 1, source } = more;
      return append(channelStream(pbx, boot, uniqueid), event, { pbx, boot, at, ...(source ? { source } : {}) });
    },
    end: async () => {
      await log.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
};

export type CallLog = ReturnType<typeof createCallLog>;

/** pbx-a connected and booted. */
export const connect = async (calls: CallLog, name = 'pbx-a'): Promise<void> => {
  await calls.pbx(name, { type: 'PbxConnected', data: { source: 'ami' } });
  await calls.pbx(name, { type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } });
};

/** A channel in dialplan, for the tests that only need one to be there. */
export const inDialplan = (name: string, at = 0): DomainEvent => ({
  type: 'ChannelCreated',
  data: {
    name,
    origin: 'created',
    state: 6,
    callerNumber: '101',
    callerName: null,
    accountCode: 'acc',
    context: 'default',
    exten: '600',
    priority: 2,
    application: 'Dial',
    applicationData: 'PJSIP/bob,20',
    bridge: '',
    created: T0 + at * 1000,
  },
});
