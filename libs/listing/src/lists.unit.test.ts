import { type Channel, type ChannelFacts, position, revision, shapeChannel } from '@rollcall/channel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concise } from './concise.ts';
import { counts, footer } from './footer.ts';
import { oldestFirst } from './order.ts';
import { plain } from './plain.ts';
import { verbose } from './verbose.ts';

const NOW = Date.UTC(2026, 10, 22, 15);

const channel = (uniqueid: string, name: string, facts: ChannelFacts = {}): Channel =>
  shapeChannel({
    ...facts,
    pbx: 'pbx-a',
    boot: 1,
    uniqueid,
    name,
    origin: 'found',
    revision: revision(0),
    position: position(1),
  });
const busy = { context: 'default', exten: '600', priority: 2, application: 'Wait', applicationData: '5' };

describe('order', () => {
  test('oldest first, then by uniqueid; an unknown age last', () => {
    const list = [
      channel('1.9', 'a/unknown'),
      channel('1.3', 'a/second', { created: 2 }),
      channel('1.2', 'a/first', { created: 2 }),
      channel('1.4', 'a/oldest', { created: 1 }),
    ];
    expect(oldestFirst(list).map(({ name }) => name)).toEqual(['a/oldest', 'a/first', 'a/second', 'a/unknown']);
  });
});

describe('footer', () => {
  test('stale channels are listed and never counted', () => {
    const stale = channel('1.1', 'PJSIP/a-1', busy);
    const listing = {
      channels: [stale, channel('1.2', 'PJSIP/b-1', busy)],
      isStale: (one: Channel) => one === stale,
      now: NOW,
    };
    expect(plain(listing).split('\n').slice(1)).toEqual([
      expect.stringContaining('PJSIP/a-1'),
      expect.stringContaining('PJSIP/b-1'),
      '1 active channel',
      '1 active call',
      '',
    ]);
  });
  test.each<[string, string, ChannelFacts, number]>([
    ['a channel in dialplan', 'PJSIP/a-1', busy, 1],
    ['one that has not begun', 'PJSIP/a-1', { ...busy, application: '' }, 0],
    ['one without a place', 'PJSIP/a-1', { ...busy, exten: '' }, 0],
    ['the far end of Dial', 'PJSIP/a-1', { ...busy, application: 'AppDial', applicationData: '(Outgoing Line)' }, 0],
    ['the far end of Queue', 'PJSIP/a-1', { ...busy, application: 'AppQueue', applicationData: '(Outgoing Line)' }, 0],
    ['an Originate to an application', 'Local/600@default-0000000a;1', { ...busy, priority: 1 }, 0],
    ['its other half', 'Local/600@default-0000000a;2', { ...busy, priority: 1 }, 1],
    [
      'a first half that runs dialplan elsewhere',
      'Local/600@default-0000000a;1',
      { ...busy, exten: '601', priority: 1 },
      1,
    ],
  ])('calls: %s', (_, name, facts, calls) => {
    expect(counts({ channels: [channel('1.1', name, facts)] })).toEqual({ channels: 1, calls });
  });
  test('calls processed are printed only when the PBX has said them', () => {
    expect(footer({ channels: [], now: NOW })).toBe('0 active channels\n0 active calls\n');
    expect(footer({ channels: [], now: NOW, processed: 1 })).toBe(
      '0 active channels\n0 active calls\n1 call processed\n',
    );
  });
});

describe('duration', () => {
  test.each([
    [0, '00:00:00', '0'],
    [3_725, '01:02:05', '3725'],
    [360_000, '100:00:0', '360000'],
  ])('%i s', (seconds, clock, plainSeconds) => {
    const listing = { channels: [channel('1.1', 'PJSIP/a-1', { created: NOW - seconds * 1000 })], now: NOW };
    expect(verbose(listing).split('\n')[1]?.slice(199, 207)).toBe(clock);
    expect(concise(listing).split('!').at(-3)).toBe(plainSeconds);
  });
  test('is a dash where the age is not known, and never negative', () => {
    expect(
      concise({ channels: [channel('1.1', 'PJSIP/a-1')], now: NOW })
        .split('!')
        .at(-3),
    ).toBe('-');
    const young = channel('1.1', 'PJSIP/a-1', { created: NOW + 5000 });
    expect(
      concise({ channels: [young], now: NOW })
        .split('!')
        .at(-3),
    ).toBe('0');
  });
});

describe('any text at all', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\n', '\r', '\x1b', '\0', '!', '日', '\u2028'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });
  const anyChannel = fc
    .record({
      name: text,
      context: text,
      exten: text,
      application: text,
      applicationData: text,
      callerNumber: text,
      accountCode: text,
      bridge: text,
    })
    .map(({ name, ...facts }) => channel('1.1', name, facts));
  test.each([
    ['plain', plain, 4],
    ['verbose', verbose, 4],
    ['concise', concise, 1],
  ] as const)('%s: one line a channel, and no control character', (_, print, lines) => {
    fc.assert(
      fc.property(anyChannel, (one) => {
        const printed = print({ channels: [one], now: NOW });
        expect(printed.split(/[\n\u2028\u2029]/)).toHaveLength(lines + 1);
        expect(printed.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
