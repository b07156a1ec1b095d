import { parseStream, type Quarantined } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { CacheReader } from '@rollcall/state-cache';
import { z } from 'zod';

/** A stream set aside, as it is told to people and programs. */
export const setAsideSchema = z.object({
  stream: z.string(),
  pbx: z.string(),
  /** Name of its channel, as it was before the refused event; null where it is not listed, or the stream is a PBX's own. */
  channel: z.string().nullable(),
  /** Milliseconds since 1970, when the refused event was recorded. */
  since: z.number(),
  revision: z.int(),
  position: z.int(),
  /** What the refused event says it is. */
  type: z.string(),
  reason: z.string(),
  /** Events behind it. */
  waiting: z.int(),
});

export type SetAside = z.output<typeof setAsideSchema>;

/** In the order in which they were set aside. */
export const allSetAside = (cache: CacheReader): SetAside[] =>
  [...cache.quarantine()].sort((a, b) => a.position - b.position).map((held) => setAside(held, cache));

export const setAside = (held: Quarantined, cache: CacheReader): SetAside => {
  const { stream, pbx, recorded, revision, position, type, reason, head } = held;
  const channel = cache.get(stream)?.name ?? null;
  return { stream, pbx, channel, since: recorded, revision, position, type, reason, waiting: head - revision };
};

/**
 * The one stream set aside that `text` means: its name, or its channel's uniqueid or listed name.
 * @throws RollcallError NOT_SET_ASIDE, STREAM_UNCLEAR
 */
export const findSetAside = (text: string, cache: CacheReader): Quarantined => {
  const exact = cache.quarantined(text);
  if (exact) return exact;
  const name = text.toLowerCase();
  const found = [...cache.quarantine()].filter(
    ({ stream }) => parseStream(stream)?.uniqueid === text || cache.get(stream)?.name.toLowerCase() === name,
  );
  const [only] = found;
  if (only && found.length === 1) return only;
  const shown = JSON.stringify(text.slice(0, 200));
  if (!only) throw new RollcallError('NOT_SET_ASIDE', `${shown} is not set aside.`, 'See "rollcall quarantine".');
  throw new RollcallError(
    'STREAM_UNCLEAR',
    `${shown} is set aside ${found.length} times: ${found.map(({ stream }) => stream).join(', ')}.`,
    'Give the name of one of these streams.',
  );
};
