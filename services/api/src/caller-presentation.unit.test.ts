import { type Channel, evolve, position, type RecordedEvent, revision, SCHEMA_VERSION } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import { expect, test } from 'vitest';
import { amiEvents } from './ami/events.ts';
import { ariEvents } from './ari/events.ts';
import { createBridgeMembers } from './bridge-members.ts';
import { withPresentations } from './caller-presentation.ts';
import { cacheOf, channelOf } from './testing/served.ts';

const ALLOWED = '0 (Presentation Allowed, Not Screened)';
const WITHHELD = '32 (Presentation Prohibited, Not Screened)';
type Data = { callerNumber?: string; callerPresentation?: string; callerRdnis?: string };

/** What happens to a channel, or to several, one after the other. */
const batchOf = (changes: { id?: string; type?: string; data: object }[], first: Partial<Channel> = {}): Told[] => {
  const channels = new Map<string, Channel>();
  return changes.map(({ id = '1.1', type = 'CallerIdChanged', data }, at) => {
    const before = channels.get(id) ?? channelOf('pbx-a', id, first);
    const event = {
      ...{ id: '00000000-0000-4000-8000-000000000000', time: at, pbx: 'pbx-a', boot: 1, source: 'ami' },
      ...{ schema: SCHEMA_VERSION, stream: `channel/pbx-a/1/${id}`, revision: revision(at + 1) },
      ...{ position: position(at + 9), recorded: 0, type, data },
    } as RecordedEvent;
    const after = evolve(before, event);
    if (after) channels.set(id, after);
    return { event, before, after, pbx: undefined };
  });
};
const members = () => createBridgeMembers(cacheOf([], []));
const byAmi = (told: Told[]): string[] =>
  amiEvents(told, members()).flatMap(({ text }) => /CID-CallingPres: (.*)\r/.exec(text)?.[1] ?? []);
const byAri = (told: Told[]): string[] =>
  withPresentations(told)
    .flatMap((one) => ariEvents(one, members()).map(({ text }) => JSON.parse(text('a', false))))
    .filter(({ type }) => type === 'ChannelCallerId')
    .map((one) => `${one.caller_presentation} (${one.caller_presentation_txt})`);

const number = (callerNumber: string, more: Data = {}) => ({ data: { callerNumber, ...more } });
const only = (callerPresentation: string) => ({ data: { callerPresentation } });

test.each<[string, { id?: string; type?: string; data: object }[], Partial<Channel>, string[]]>([
  ['both at once', [number('1', { callerPresentation: ALLOWED })], {}, [ALLOWED]],
  ['its presentation right behind it', [number('1'), only(ALLOWED)], {}, [ALLOWED]],
  ['another than it had', [number('2'), only(WITHHELD)], { callerPresentation: ALLOWED }, [WITHHELD]],
  ['the one that it had', [number('2')], { callerPresentation: WITHHELD }, [WITHHELD]],
  [
    'other events between',
    [number('1'), { type: 'ChannelStateChanged', data: { state: 6 } }, only(ALLOWED)],
    {},
    [ALLOWED],
  ],
  ['two changes', [number('1'), number('2'), only(ALLOWED)], {}, ['67 (Number Unavailable)', ALLOWED]],
  ['another channel', [number('1'), { ...only(ALLOWED), id: '2.2' }], {}, ['67 (Number Unavailable)', ALLOWED]],
  ['alone, later', [only(ALLOWED)], { callerNumber: '1' }, [ALLOWED]],
  ['never told', [number('1')], {}, ['67 (Number Unavailable)']],
  ['of what is no presentation', [number('1', { callerPresentation: '' })], {}, ['67 (Number Unavailable)']],
  ['the redirecting number alone', [{ data: { callerRdnis: '9' } }], { callerPresentation: ALLOWED }, []],
])('a caller is told once, with its presentation: %s', (_what, changes, first, presentations) => {
  const told = batchOf(changes, first);
  expect(byAri(told)).toEqual(presentations);
  expect(byAmi(told)).toEqual(presentations);
});
