import { channelStream, type DomainEvent, type NewEvent, pbxStream, type Revision, revision } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import type { KafkaLog } from '@rollcall/event-log/kafka';
import { asNew } from '../contract/event-log.events.ts';

export const PBX = 'pbx-a';

export type Traffic = {
  /** Events that the log has acknowledged. */
  events: () => number;
  /** Streams with what they were acknowledged: ids in order. */
  acknowledged: ReadonlyMap<string, string[]>;
  /** Channels that were left alive. */
  live: ReadonlySet<string>;
  /** No more new channels; resolves when every call has come to its end, or to where it is left. */
  stop: () => Promise<void>;
};

const CALL: DomainEvent[] = [
  { type: 'ChannelStateChanged', data: { state: 4 } },
  { type: 'DialplanMoved', data: { context: 'from-internal', exten: '100', priority: 1 } },
  { type: 'CallerIdChanged', data: { callerNumber: '100', callerName: 'Zoë' } },
  { type: 'ChannelStateChanged', data: { state: 6 } },
  { type: 'BridgeEntered', data: { bridge: 'b-1' } },
];

/**
 * The ingest of a busy PBX: so many calls at a time, without end; every tenth channel stays. What could not be written is tried
 * again as it is, as the ingest does.
 */
export const startTraffic = async (
  log: KafkaLog,
  lanes = 10,
  pace: () => Promise<void> = async () => {},
): Promise<Traffic> => {
  const acknowledged = new Map<string, string[]>();
  const live = new Set<string>();
  let events = 0;
  let stopped = false;

  const append = async (stream: string, at: number, some: NewEvent[]): Promise<Revision> => {
    for (;;) {
      try {
        const appended = await log.append(stream, at === 0 ? 'none' : revision(at - 1), some);
        acknowledged.set(stream, [...(acknowledged.get(stream) ?? []), ...some.map(({ id }) => id)]);
        events += some.length;
        return appended.revision;
      } catch (error) {
        if (!isRollcallError(error, 'LOG_UNAVAILABLE')) throw error;
      }
    }
  };

  const call = async (uniqueid: string, stays: boolean): Promise<void> => {
    const stream = channelStream(PBX, 1, uniqueid);
    const name = `PJSIP/${uniqueid}`;
    await append(stream, 0, [asNew({ type: 'ChannelCreated', data: { name, origin: 'created', state: 0 } })]);
    live.add(uniqueid);
    for (const [index, event] of CALL.entries()) {
      await pace();
      await append(stream, index + 1, [asNew(event)]);
    }
    if (stays) return;
    await pace();
    const end = asNew({ type: 'ChannelDestroyed', data: { reason: 'hangup', cause: 16 } });
    await append(stream, CALL.length + 1, [end]);
    live.delete(uniqueid);
  };

  const lane = async (number: number): Promise<void> => {
    for (let count = 0; !stopped; count++) await call(`${number}.${count}`, count % 10 === 9);
  };

  const pbx = pbxStream(PBX);
  await append(pbx, 0, [
    asNew({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } }),
    asNew({ type: 'PbxConnected', data: { source: 'ami', version: '22.10.0' } }),
  ]);
  const running = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  running.catch(() => {});
  return {
    events: () => events,
    acknowledged,
    live,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
};
