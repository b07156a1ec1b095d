import {
  type ChannelEvent,
  channelStream,
  type NewEvent,
  position,
  type RecordedEvent,
  type Revision,
  revision,
  SCHEMA_VERSION,
} from '@rollcall/channel';
import type { ExpectedRevision } from '@rollcall/event-log';

/** One append of one event, as a busy PBX causes it. */
export type LifeAppend = { stream: string; expected: ExpectedRevision; event: NewEvent };

const START_TIME = 1_760_000_000_000;
const NAMES = [
  'Anna Schmidt',
  'Bob Martin',
  'Reception',
  'Müller & Söhne',
  '+49 30 1234567',
  'Łukasz Nowak',
  'Sales',
  'Queue 7',
];

/** A small generator of its own, so that every run and every round measures the same events. */
const generator = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
};

const hex = (value: number, length: number): string => (value >>> 0).toString(16).padStart(8, '0').slice(-length);

/** About eight events from creation to hangup: a call that rings, is answered, talks in a bridge and ends. */
const lifeOf = (number: number, next: () => number): ChannelEvent[] => {
  const extension = `${100 + (next() % 400)}`;
  const callee = `${2_000 + (next() % 900)}`;
  const callerName = next() % 20 === 0 ? (NAMES[next() % NAMES.length] ?? null) : 'Anna Schmidt';
  const bridge = `${hex(next(), 8)}-${hex(next(), 4)}-4${hex(next(), 3)}-a${hex(next(), 3)}-${hex(next(), 8)}${hex(next(), 4)}`;
  const answered = next() % 4 !== 0;
  return [
    {
      type: 'ChannelCreated',
      data: {
        name: `PJSIP/${extension}-${hex(number, 8)}`,
        linkedid: `${Math.floor(START_TIME / 1_000) + number}.${number}`,
        state: 0,
        callerNumber: extension,
        callerName,
        connectedNumber: null,
        connectedName: null,
        language: 'en',
        accountCode: '',
        context: 'from-internal',
        exten: callee,
        priority: 1,
        created: START_TIME + number * 7,
        origin: 'created',
      },
    },
    { type: 'ChannelStateChanged', data: { state: 4 } },
    { type: 'DialplanMoved', data: { priority: 2, application: 'Set', applicationData: 'CHANNEL(language)=de' } },
    { type: 'DialplanMoved', data: { priority: 3, application: 'Dial', applicationData: `PJSIP/${callee},30,tT` } },
    ...(next() % 3 === 0
      ? [{ type: 'CallerIdChanged', data: { callerPresentation: '0 (Presentation Allowed, Not Screened)' } } as const]
      : []),
    ...(answered
      ? ([
          { type: 'ConnectedLineChanged', data: { connectedNumber: callee, connectedName: callerName } },
          { type: 'ChannelStateChanged', data: { state: 6 } },
          { type: 'BridgeEntered', data: { bridge } },
          { type: 'BridgeLeft', data: { bridge } },
        ] as const)
      : []),
    { type: 'ChannelDestroyed', data: { reason: 'hangup', cause: answered ? 16 : 19, causeText: 'Normal Clearing' } },
  ];
};

/** `count` events of channel lives that run beside each other, `alive` of them at a time. */
export function* lives(count: number, { seed = 1, alive = 1_700 } = {}): Generator<LifeAppend> {
  const next = generator(seed);
  const live: { stream: string; boot: number; at: number; events: ChannelEvent[] }[] = [];
  for (let born = 0, done = 0; done < count; done += 1) {
    if (live.length < alive) {
      born += 1;
      const uniqueid = `${Math.floor(START_TIME / 1_000) + born}.${born}`;
      live.push({ stream: channelStream('pbx-a', 3, uniqueid), boot: 3, at: 0, events: lifeOf(born, next) });
    }
    const index = next() % live.length;
    const channel = live[index];
    const event = channel?.events[channel.at];
    if (!channel || !event) break;
    yield {
      stream: channel.stream,
      expected: channel.at === 0 ? 'none' : revision(channel.at - 1),
      event: {
        ...event,
        id: `${hex(next(), 8)}-${hex(next(), 4)}-4${hex(next(), 3)}-8${hex(next(), 3)}-${hex(next(), 8)}${hex(done, 4)}`,
        time: START_TIME + done,
        pbx: 'pbx-a',
        boot: channel.boot,
        source: 'ami',
        schema: SCHEMA_VERSION,
      },
    };
    channel.at += 1;
    if (channel.at < channel.events.length) continue;
    const other = live.pop();
    if (other && other !== channel) live[index] = other;
  }
}

export const channelLives = (count: number): LifeAppend[] => [...lives(count)];

export const firstRevision = (expected: ExpectedRevision): Revision => revision(expected === 'none' ? 0 : expected + 1);

/** The event as the log gives it back from `at`. */
export const recordedAt = ({ stream, expected, event }: LifeAppend, at: number): RecordedEvent => ({
  ...event,
  ...{ stream, revision: firstRevision(expected), position: position(at), recorded: event.time },
});
