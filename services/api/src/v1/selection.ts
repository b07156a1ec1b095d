import { type Channel, presence, STATE_TEXTS, stateText } from '@rollcall/channel';
import { endpointOf } from '@rollcall/listing';
import { z } from 'zod';
import type { Listing } from '../listed.ts';
import { listOf } from './query.ts';

const text = z.string().max(200);

const STATES: ReadonlyMap<string, string> = new Map([...STATE_TEXTS, 'Unknown'].map((one) => [one.toLowerCase(), one]));

/** As counts by state spell it. A word that is no state is told: nothing would ever be in it. */
const state = z.string().transform((asked, { issues }) => {
  const known = /^\d+$/.test(asked) ? stateText(Number(asked)) : STATES.get(asked.toLowerCase());
  if (known !== undefined) return known;
  if (/^Unknown \(\d+\)$/i.test(asked)) return asked;
  const message = `there is no ${asked}; there are ${[...STATES.values()].join(', ')}, and their numbers`;
  issues.push({ code: 'custom', message, input: asked });
  return z.NEVER;
});

/** What a list of channels may be narrowed to; all that are given must hold. */
export const selectionFields = {
  pbx: listOf(64).optional().meta({ description: 'Names of PBXs, separated by commas.' }),
  state: listOf(20)
    .pipe(z.array(state))
    .optional()
    .meta({ description: "Asterisk's states by text or number, separated by commas." }),
  name: text
    .optional()
    .meta({ description: 'Name; case does not count, as in Asterisk. PJSIP/100* for all that begin so.' }),
  context: text.optional().meta({ description: 'Dialplan context.' }),
  exten: text.optional().meta({ description: 'Dialplan extension.' }),
  caller: text.optional().meta({ description: "The caller's number." }),
  connected: text.optional().meta({ description: "The connected line's number." }),
  account: text.optional().meta({ description: 'Account code.' }),
  bridge: text.optional().meta({ description: 'Id of the bridge that it is in; empty: in none.' }),
  linkedid: text.optional().meta({ description: 'Linkedid: all channels of a call.' }),
  trunk: text
    .optional()
    .meta({ description: 'Technology and peer, such as PJSIP/trunk-a: what stands before the last dash of a name.' }),
  application: text.optional().meta({ description: 'Dialplan application; case does not count.' }),
  stale: z.enum(['yes', 'no', 'only']).optional().meta({
    description:
      'Channels known from before a connection was lost: with the others, not, or they alone. yes unless given; or, where staleAnswers is refuse, an error.',
  }),
};

const selectionSchema = z.object(selectionFields);
export type Selection = z.output<typeof selectionSchema>;

/** Whether a channel passes. */
export const selects = (asked: Selection, { cache, now, staleAfter }: Listing): ((channel: Channel) => boolean) => {
  const tests: ((channel: Channel) => boolean)[] = [];
  const { pbx, state, name, context, exten, caller, connected, account, bridge, linkedid, trunk, application, stale } =
    asked;
  const equal = (wanted: string | undefined, read: (channel: Channel) => string | null | undefined): void => {
    if (wanted !== undefined) tests.push((channel) => (read(channel) ?? '') === wanted);
  };
  if (pbx) tests.push((channel) => pbx.includes(channel.pbx));
  if (state) tests.push((channel) => state.includes(stateText(channel.state)));
  if (name !== undefined) tests.push(named(name.toLowerCase()));
  equal(context, (channel) => channel.context);
  equal(exten, (channel) => channel.exten);
  equal(caller, (channel) => channel.callerNumber);
  equal(connected, (channel) => channel.connectedNumber);
  equal(account, (channel) => channel.accountCode);
  equal(bridge, (channel) => channel.bridge);
  equal(linkedid, (channel) => channel.linkedid);
  equal(trunk?.toLowerCase(), (channel) => endpointOf(channel.name).toLowerCase());
  equal(application?.toLowerCase(), (channel) => channel.application?.toLowerCase());
  if (stale === 'no' || stale === 'only') {
    tests.push((channel) => {
      const is = presence(channel, cache.pbx(channel.pbx), now, staleAfter) === 'stale';
      return is === (stale === 'only');
    });
  }
  return (channel) => tests.every((test) => test(channel));
};

const named = (wanted: string): ((channel: Channel) => boolean) => {
  if (!wanted.endsWith('*')) return ({ name }) => name.toLowerCase() === wanted;
  const begin = wanted.slice(0, -1);
  return ({ name }) => name.toLowerCase().startsWith(begin);
};
