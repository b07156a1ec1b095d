import { stripVTControlCharacters } from 'node:util';
import { type Channel, type ChannelFacts, type Pbx, position, revision, shapeChannel } from '@rollcall/channel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cell, clip, textWidth } from './cells.ts';
import { type Frame, watchFrame } from './watch-frame.ts';

const NOW = Date.UTC(2026, 10, 22, 15);
const pbx = (name: string, more: Partial<Pbx> = {}): Pbx => ({
  name,
  boot: 1,
  startup: undefined,
  connected: true,
  source: 'ami',
  version: undefined,
  recording: false,
  since: NOW - 120_000,
  staleBefore: undefined,
  reconciledAt: undefined,
  revision: revision(1),
  position: position(2),
  ...more,
});
const channel = (n: number, facts: ChannelFacts & { name?: string } = {}): Channel =>
  shapeChannel({
    state: 6,
    context: 'default',
    exten: '600',
    priority: 1,
    application: 'Wait',
    applicationData: '5',
    created: NOW - 65_000 + n,
    name: `PJSIP/alice-${n}`,
    ...facts,
    pbx: 'pbx-a',
    boot: 1,
    uniqueid: `1.${n}`,
    origin: 'found',
    revision: revision(0),
    position: position(3),
  });
const frame = (channels: Channel[], more: Partial<Frame> = {}): string =>
  watchFrame({
    selection: { channels, isStale: () => false, stale: [] },
    pbxs: [pbx('pbx-a')],
    now: NOW,
    rows: 24,
    columns: 120,
    colour: false,
    problem: undefined,
    uncertain: [],
    ...more,
  });

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\n', '\x1b', '\x9b', '日', '🎉', 'é', 'e\u0301', '\u200d', '\u202e'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 300,
});

describe('the screen of watch', () => {
  test('has the counts, each PBX and its state, and a row a channel', () => {
    const lost = pbx('pbx-b', { connected: false, staleBefore: position(3) });
    expect(
      frame([channel(1)], { pbxs: [pbx('pbx-a'), lost], columns: 140 })
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toEqual([
      '1 active channel, 1 active call   (q ends)',
      'pbx-a: 1 live, 0 stale; connected for 2 min',
      'pbx-b: 0 live, 0 stale; connection lost 2 min ago',
      expect.stringMatching(/^PBX +Channel +Location +State +Application\(Data\) +CallerID +Connected +Duration$/),
      expect.stringMatching(/^pbx-a +PJSIP\/alice-1 +600@default:1 +Up +Wait\(5\) +00:01:04$/),
    ]);
  });
  test('says what is uncertain below the PBXs', () => {
    const lines = frame([channel(1)], { uncertain: ['pbx-a: 1 channel is uncertain: see there\n'] }).split('\n');
    expect(lines[2]).toBe('pbx-a: 1 channel is uncertain: see there');
    expect(lines[3]).toContain('Location');
  });
  test('what does not fit is counted', () => {
    const lines = frame(
      Array.from({ length: 50 }, (_, n) => channel(n)),
      { rows: 12 },
    ).split('\n');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('… and 43 more');
  });
  test('a narrow terminal keeps channel, state and duration', () => {
    expect(
      frame([channel(1)], { columns: 40 })
        .split('\n')[2]
        ?.trimEnd(),
    ).toMatch(/^Channel +State +Duration$/);
  });
  test('without colour there is no escape sequence; with it stale rows are dim', () => {
    const stale = { channels: [channel(1)], isStale: () => true, stale: [] };
    expect(frame([], { selection: stale })).not.toContain('\x1b');
    expect(frame([], { selection: stale, colour: true })).toContain('\x1b[2mPJSIP/alice-1');
  });
  test('fits any terminal, whatever a channel is called', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ name: anyText, context: anyText, exten: anyText, application: anyText, callerNumber: anyText }),
          { maxLength: 20 },
        ),
        fc.integer({ min: 3, max: 40 }),
        fc.integer({ min: 1, max: 250 }),
        fc.boolean(),
        (facts, rows, columns, colour) => {
          const drawn = frame(
            facts.map((one, n) => channel(n, one)),
            { rows, columns, colour, problem: facts[0]?.name },
          );
          const lines = stripVTControlCharacters(drawn).split('\n');
          expect(lines.length).toBeLessThan(rows);
          for (const line of lines) {
            expect(textWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
  });
});

describe('cells', () => {
  test.each([
    ['abc', 3],
    ['Zoë', 3],
    ['日本', 4],
    ['🎉', 2],
    ['e\u0301', 1],
    ['한글', 4],
    ['ｆｕ', 4],
  ])('%s takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
  test.each([
    ['abcdef', 4, 'abc…'],
    ['日本語', 4, '日…'],
    ['日本', 4, '日本'],
    ['abc', 0, ''],
  ])('%s clipped to %i is %s', (text, width, expected) => {
    expect(clip(text, width)).toBe(expected);
  });
  test('a cell always has its width', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 80 }), (text, width) => {
        expect(textWidth(cell(text, width))).toBe(width);
      }),
    );
  });
});
