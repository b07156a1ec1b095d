import type { Channel } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';

const SORTS = ['created', 'name', 'pbx', 'state', 'uniqueid', 'position'] as const;
type Sort = (typeof SORTS)[number];

/** `created`, or `-created` for the other way round. */
export const sortSchema = z.enum([...SORTS, ...SORTS.map((one) => `-${one}` as const)]);

/** Place of a channel in a sorted list. */
export type Key = (string | number)[];

/**
 * A page of a list that changes meanwhile: a channel that stays is on exactly one page, whatever comes and goes, as long as what it is
 * sorted by stays. `after`: place of the last channel of the page before.
 */
export const page = (
  channels: readonly Channel[],
  { sort, limit, after }: { sort: z.output<typeof sortSchema>; limit: number; after: Key | undefined },
): { channels: Channel[]; next: string | undefined } => {
  const descending = sort.startsWith('-');
  const by = SORTS.find((one) => sort.endsWith(one)) ?? 'created';
  const direction = descending ? -1 : 1;
  const keyed = channels
    .map((channel) => ({ channel, key: keyOf(channel, by) }))
    .filter(({ key }) => after === undefined || direction * compare(key, after) > 0)
    .sort((a, b) => direction * compare(a.key, b.key));
  const shown = keyed.slice(0, limit);
  const end = shown.at(-1);
  return {
    channels: shown.map(({ channel }) => channel),
    next: end && keyed.length > limit ? cursor(sort, end.key) : undefined,
  };
};

/** No two channels have the same. What is not known sorts last. */
const keyOf = (channel: Channel, by: Sort): Key => {
  const value = by === 'name' ? channel.name.toLowerCase() : channel[by];
  return [value ?? Number.MAX_SAFE_INTEGER, channel.pbx, channel.boot, channel.uniqueid];
};

const compare = (a: Key, b: Key): number => {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? '';
    if (typeof one !== typeof other) return typeof one === 'number' ? 1 : -1;
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
};

const cursorSchema = z.tuple([sortSchema, z.array(z.union([z.string().max(500), z.number()])).length(4)]);

const cursor = (sort: string, key: Key): string => Buffer.from(JSON.stringify([sort, key])).toString('base64url');

/**
 * What `next` of a page said.
 * @throws RollcallError CURSOR_WRONG
 */
export const readCursor = (text: string, sort: string): Key => {
  try {
    const [of, key] = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (of === sort) return key;
  } catch {
    // Said below.
  }
  throw new RollcallError(
    'CURSOR_WRONG',
    'cursor is not of this list, sorted like this.',
    'Take it from "next" of the page before, with the same sort; or begin without one.',
  );
};
