import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { type Told, tell } from '@rollcall/projector';
import { describe, expect, test } from 'vitest';
import { amiEvents } from '../../services/api/src/ami/events.ts';
import { createBridgeMembers } from '../../services/api/src/bridge-members.ts';
import { importFeed } from '../support/import-feed.ts';
import { CAPTURES } from './run-capture.ts';

/** What both tell of a channel. A requested hangup is told once by Rollcall, and as HangupRequest. */
const TOLD = new Set([
  ...['Newchannel', 'Newstate', 'Newexten', 'NewCallerid', 'NewConnectedLine', 'NewAccountCode'],
  ...['BridgeEnter', 'BridgeLeave', 'Hold', 'Unhold', 'Hangup'],
]);
/** In microseconds, or of the system, or what no feed tells of a bridge. */
const OTHERWISE = /^(Timestamp|SystemName|Bridge(Type|Technology|Creator|Name|VideoSourceMode|NumChannels)): /;

type Story = Map<string, string[]>;

/** Of each channel the events, with every header, in their order. */
const storyOf = (blocks: readonly string[]): Story => {
  const story: Story = new Map();
  for (const block of blocks) {
    const lines = block.split('\r\n').filter((line) => line !== '' && !OTHERWISE.test(line));
    const [event = ''] = lines;
    const uniqueid = lines.find((line) => line.startsWith('Uniqueid: ')) ?? '';
    if (!TOLD.has(event.replace('Event: ', '')) || uniqueid === '') continue;
    const all = story.get(uniqueid) ?? [];
    story.set(uniqueid, all);
    // Asterisk tells of a channel after its end, and so makes ghosts of whoever keeps a list; Rollcall does not.
    if (all.at(-1)?.startsWith('Event: Hangup')) continue;
    all.push(lines.join('\n'));
  }
  return story;
};

const asterisks = (capture: string): Story =>
  storyOf(
    gunzipSync(readFileSync(join(CAPTURES, capture, 'ami.raw.gz')))
      .toString('utf8')
      .split('\r\n\r\n'),
  );

const ours = async (capture: string): Promise<Story> => {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-ami-events-'));
  try {
    await importFeed({ data, bytes: gunzipSync(readFileSync(join(CAPTURES, capture, 'ami.raw.gz'))) });
    const log = openEmbeddedLog({ dir: data, world: systemWorld });
    const head = await log.head();
    const told: Told[] = [];
    const enough = new AbortController();
    for await (const batch of tell(log, START, enough.signal)) {
      told.push(...batch);
      if ((batch.at(-1)?.event.position ?? 0) >= head) break;
    }
    enough.abort();
    await log.close();
    return storyOf(amiEvents(told, createBridgeMembers({ list: () => [] })).map(({ text }) => text));
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
};

const CALM = ['local', 'sip', 'rapid', 'transfer', 'masq', 'queueconf'];

describe.each(['a22', 'a16'])('what %s told of its channels', (version) => {
  test.each(CALM.map((scenario) => `${version}-${scenario}`))(
    '%s: event by event, header by header',
    async (capture) => {
      const [theirs, our] = [asterisks(capture), await ours(capture)];
      let same = 0;
      for (const [uniqueid, story] of theirs) {
        const told = our.get(uniqueid) ?? [];
        const sure = capture.endsWith('-masq') ? SURE_OF_MASQUERADES : SURE;
        expect({ uniqueid, events: names(told, sure) }).toEqual({ uniqueid, events: names(story, sure) });
        if (names(told, TOLD) !== names(story, TOLD)) continue;
        same++;
        // A masquerade moves a channel without a word: where it is then, later events say.
        if (capture.endsWith('-masq')) continue;
        expect({
          uniqueid,
          early: story.flatMap((one, at) => otherThan(one, story.slice(at + 1, at + 4), told[at] ?? '')),
        }).toEqual({
          uniqueid,
          early: [],
        });
      }
      expect(same).toBeGreaterThan(theirs.size * 0.6);
    },
  );
});

/** What both tell for certain: Rollcall tells a location that Asterisk changed silently, and no Unhold of what was not on hold. */
const SURE = new Set([...TOLD].filter((name) => !['Newexten', 'Hold', 'Unhold'].includes(name)));

/** A masquerade changes a caller silently too: Rollcall tells it when something else shows it. */
const SURE_OF_MASQUERADES = new Set(['Newchannel', 'Newstate', 'BridgeEnter', 'BridgeLeave', 'Hangup']);

const names = (story: readonly string[], which: ReadonlySet<string>): string =>
  story
    .map((event) => /^Event: (\S+)/.exec(event)?.[1] ?? '')
    .filter((name) => which.has(name))
    .join();

/** Of reports within one millisecond the first may have what the next ones say already: nothing else may differ. */
const otherThan = (theirs: string, next: readonly string[], ours: string): string[] => {
  const [their, our] = [theirs.split('\n'), ours.split('\n')];
  const after = new Set(next.flatMap((event) => event.split('\n')));
  return their.flatMap((line, at) =>
    our[at] === line || after.has(our[at] ?? '') ? [] : [`${line}, ours ${our[at]}`],
  );
};
