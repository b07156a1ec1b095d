import {
  type Channel,
  type ChannelEvent,
  changes,
  channelStream,
  type DomainEvent,
  evolve,
  type Pbx,
  pbxStream,
  position,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
  shapeChannel,
} from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type { ChannelSnapshot } from '@rollcall/projection-topic';
import type { Told } from '@rollcall/projector';

/**
 * What the topic's records say that happened, as events: the topic has the channels as they are, and not what made them so. Times are
 * those at which the records were read, the cause of an end is not known, and several events of the log may have become one.
 */
export const createTeller = ({ clock, random }: Pick<World, 'clock' | 'random'>) => {
  const recorded = (event: DomainEvent, of: Place & { stream: string }): RecordedEvent => {
    const { stream, pbx, boot, revision: at, position: place } = of;
    const time = clock.now();
    return {
      ...event,
      ...{ stream, pbx, boot, revision: revision(at), position: position(place) },
      ...{ id: random.uuid(), time, recorded: time, source: 'reconcile', schema: SCHEMA_VERSION },
    };
  };

  const ofChannel = (before: Channel | undefined, after: Channel | undefined, pbx: Pbx | undefined): Told[] => {
    const channel = after ?? before;
    if (!channel) return [];
    const place = { ...channel, stream: channelStream(channel.pbx, channel.boot, channel.uniqueid) };
    if (!before || !after) {
      const event = recorded(after ? created(after) : ended(channel), place);
      return [{ event, before, after, pbx }];
    }
    const events = differences(before, after);
    let now = before;
    return events.map((event, index) => {
      const happened = recorded(event, place);
      const told = {
        event: happened,
        before: now,
        after: index === events.length - 1 ? after : evolve(now, happened),
        pbx,
      };
      now = told.after ?? now;
      return told;
    });
  };

  const ofPbx = (before: Pbx | undefined, after: Pbx): Told[] => {
    const place = { ...after, pbx: after.name, stream: pbxStream(after.name) };
    const { boot, startup, connected, source = 'ami', version, recording } = after;
    const events: DomainEvent[] = [];
    if (boot !== (before?.boot ?? 0))
      events.push({ type: 'PbxBooted', data: { boot, startup, evidence: before ? 'startup-time' : 'first-seen' } });
    events.push(
      connected
        ? { type: 'PbxConnected', data: { source, version, startup, recording } }
        : { type: 'PbxDisconnected', data: { reason: 'the connection of its ingest is lost' } },
    );
    return events.map((event) => ({ event: recorded(event, place), before: undefined, after: undefined, pbx: after }));
  };

  return { ofChannel, ofPbx };
};

type Place = { pbx: string; boot: number; revision: number; position: number };

const created = ({ origin, ...channel }: Channel): ChannelEvent => {
  const {
    pbx,
    boot,
    uniqueid,
    revision: at,
    position: place,
    held,
    musicClass,
    hangupRequested,
    hangupCause,
    ...facts
  } = channel;
  return { type: 'ChannelCreated', data: { ...facts, origin } };
};

const ended = ({ hangupCause }: Channel): ChannelEvent => ({
  type: 'ChannelDestroyed',
  data: { reason: 'hangup', ...(hangupCause !== undefined && { cause: hangupCause }) },
});

const differences = (before: Channel, after: Channel): ChannelEvent[] => {
  const events = changes(before, after);
  if (before.bridge && before.bridge !== after.bridge)
    events.push({ type: 'BridgeLeft', data: { bridge: before.bridge } });
  if (after.bridge && before.bridge !== after.bridge)
    events.push({ type: 'BridgeEntered', data: { bridge: after.bridge } });
  if (before.held !== after.held)
    events.push(
      after.held
        ? { type: 'ChannelHeld', data: { musicClass: after.musicClass } }
        : { type: 'ChannelUnheld', data: {} },
    );
  for (const [variable, value] of Object.entries(after.variables ?? {})) {
    if (before.variables?.[variable] !== value) events.push({ type: 'VariableSet', data: { variable, value } });
  }
  if (after.hangupRequested && !before.hangupRequested) {
    const { hangupCause: cause } = after;
    events.push({ type: 'HangupRequested', data: { ...(cause !== undefined && { cause }) } });
  }
  return events;
};

/** A channel of the topic as the list has it. */
export const channelOf = (snapshot: ChannelSnapshot): Channel =>
  shapeChannel({ ...snapshot, revision: revision(snapshot.revision), position: position(snapshot.position) });
