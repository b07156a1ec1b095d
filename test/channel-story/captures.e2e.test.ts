// The stories of channels of real recordings, as a user imports and reads them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedEvent, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rollcall } from '../support/rollcall-process.ts';

const CAPTURES = join(import.meta.dirname, '../captures');

const ISO_TIME = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/g;

/** On a busy machine each command takes seconds to begin. */
const SLOW = 240_000;

const imported = (capture: string) => {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-story-'));
  const events: RecordedEvent[] = [];
  beforeAll(async () => {
    const file = (name: string): string => join(CAPTURES, capture, name);
    const feed = ['--ami', file('ami.raw.gz'), '--chunks', file('ami.chunks.ndjson.gz')];
    const { code, err } = await rollcall('import', '--pbx', 'pbx-a', ...feed, '--data', data);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const log = openEmbeddedLog({ dir: data, world: systemWorld, mode: 'read' });
    for await (const batch of log.readAll(START)) events.push(...batch);
    await log.close();
  }, SLOW);
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  return {
    /** Uniqueid of the first channel with such an event. */
    channelWith: (is: (event: RecordedEvent) => boolean): string => {
      const event = events.find((one) => one.stream.startsWith('channel/') && is(one));
      return event?.stream.split('/').slice(3).join('/') ?? '';
    },
    story: async (...args: string[]): Promise<string> => {
      const { code, out, err } = await rollcall('channel', ...args, '--data', data);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      // The import's own clock is none of the story.
      return out.replaceAll(ISO_TIME, (time) => (time.startsWith('2026-11-22T15:') ? time : 'IMPORTED'));
    },
  };
};

const events = (story: string): string[] =>
  [...story.matchAll(/^.*#\d+ {2}(?:rev \d+|pbx-a) {2}(.*)$/gm)].map(([, what]) => what ?? '');

describe('a22-disconnect: the socket was closed for four seconds', () => {
  const { channelWith, story } = imported('a22-disconnect');

  test('a channel whose Hangup passed meanwhile: the gap, the lists that lacked it, why it is gone', {
    timeout: SLOW,
  }, async () => {
    const id = channelWith(({ type, source }) => type === 'ChannelDestroyed' && source === 'reconcile');
    const told = await story(id);
    expect(told).toContain('from a recording: what the PBX did not say itself has the time of its import\n');
    expect(told).toContain('nothing was heard of pbx-a for at most 4.1 s (the recorded connection ended)');
    expect(events(told).slice(-4)).toEqual([
      ...['ami  PbxDisconnected', 'ami  PbxConnected', 'reconcile  PbxConnected'],
      'reconcile  ChannelDestroyed',
    ]);
    expect(told).toMatch(
      /\n\nNot listed: removed at IMPORTED, because two complete lists of pbx-a lacked it; no Hangup was heard\.\n$/,
    );
    const then = await story(id, '--at', '340');
    expect(then).toMatch(/\nListed as stale, not counted: pbx-a is connected again, and has not been compared/);
  });

  test('a channel that began meanwhile: the gap before it, the list that had it, its own end', {
    timeout: SLOW,
  }, async () => {
    const told = await story(channelWith(({ type, source }) => type === 'ChannelCreated' && source === 'reconcile'));
    expect(events(told)).toEqual([
      ...['ami  PbxDisconnected', 'ami  PbxConnected', 'reconcile  PbxConnected', 'reconcile  ChannelCreated'],
      ...['reconcile  Reconciled', 'ami  HangupRequested', 'ami  HangupRequested', 'ami  ChannelDestroyed'],
    ]);
    expect(told).toContain("its beginning was not heard: it was found in pbx-a's list of its real channels\n");
    expect(told).toContain("compared with pbx-a's own list of 18: 2 taken over, 0 corrected, 10 removed");
    expect(told).toMatch(/\n\nNot listed: it ended at 2026-11-22T15:16:18\.\d+Z by Hangup, cause 0 \(Unknown\)\.\n$/);
  });
});

describe('a22-crash: the PBX was killed with twelve calls up', () => {
  const { channelWith, story } = imported('a22-crash');

  test('one of them: the gap, the restart and how it was told, why it is gone', { timeout: SLOW }, async () => {
    const told = await story(channelWith(({ type }) => type === 'ChannelCreated'));
    expect(told).toContain(', pbx-a boot 1 of 2\n');
    expect(told).toContain('nothing was heard of pbx-a for at most 9.5 s');
    expect(told).toContain(
      'pbx-a restarted: boot 2 runs, and no channel of the boot before is left (told from its uptime)',
    );
    expect(events(told).slice(-2)).toEqual(['reconcile  PbxBooted', 'reconcile  ChannelDestroyed']);
    expect(told).toMatch(/\n\nNot listed: pbx-a restarted, found out at .*\(boot 1 is over, boot 2 runs\)\.\n$/);
  });
});

describe('a22-ghost: Asterisk lists three channels for ever', () => {
  const { channelWith, story } = imported('a22-ghost');

  test('one of them: the silent change of its name, its Hangup, and that it is not listed', {
    timeout: SLOW,
  }, async () => {
    const told = await story(channelWith(({ type }) => type === 'ChannelRenamed'));
    expect(told).toMatch(/\n {4}name: Local\/q+@default-00000000;1 → Local\/q+\n/);
    expect(events(told).at(-1)).toBe('ami  ChannelDestroyed');
    expect(told).toMatch(/\n\nNot listed: it ended at 2026-11-22T15:34:54\.086Z by Hangup, /);
  });
});
