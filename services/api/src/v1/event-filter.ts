import { domainEventSchema, type Position } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import { z } from 'zod';
import { listOf, namesOf } from './query.ts';

const TYPES = domainEventSchema.options.map(({ shape }) => shape.type.value);

export const eventsQuery = z.strictObject({
  after: z.string().max(20).optional().meta({ description: 'Position after which to begin; default: from now on.' }),
  pbx: listOf(64).optional().meta({ description: 'Names of PBXs, separated by commas.' }),
  type: namesOf(TYPES)
    .optional()
    .meta({ description: `Types of events, separated by commas, of ${TYPES.join(', ')}.` }),
  channel: listOf(150).optional().meta({ description: 'Uniqueids, separated by commas.' }),
});

type Filter = Pick<z.output<typeof eventsQuery>, 'pbx' | 'type' | 'channel'>;

/** @param passed told of what was looked at, wanted or not */
export const only = (
  feed: AsyncIterable<readonly Told[]>,
  filter: Filter,
  passed: (position: Position) => void,
): AsyncIterable<readonly Told[]> =>
  filter.pbx || filter.type || filter.channel ? filtered(feed, filter, passed) : feed;

async function* filtered(
  feed: AsyncIterable<readonly Told[]>,
  { pbx, type, channel }: Filter,
  passed: (position: Position) => void,
): AsyncIterable<readonly Told[]> {
  const uniqueidOf = ({ before, after }: Told): string | undefined => (after ?? before)?.uniqueid;
  for await (const batch of feed) {
    const wanted = batch.filter(
      (one) =>
        (!pbx || pbx.includes(one.event.pbx)) &&
        (!type || type.includes(one.event.type)) &&
        (!channel || channel.includes(uniqueidOf(one) ?? '')),
    );
    const last = batch.at(-1)?.event.position;
    if (last !== undefined) passed(last);
    if (wanted.length > 0) yield wanted;
  }
}
