import type { StoredEvent, StoredStream } from './store.ts';

/** What a stream's metadata says of which of its events can still be seen. `maxAge`: in milliseconds. */
export type StreamRules = { maxAge?: number; maxCount?: number; truncateBefore?: number; softDeleted?: boolean };

/** Above any revision a real stream reaches: the server writes 2^63 - 1, which a JSON number cannot hold exactly. */
const SOFT_DELETED_FROM = 2 ** 62;

/** From a `$metadata` event. Metadata that is not understood has no effect. */
export const streamRules = (data: Uint8Array): StreamRules => {
  let metadata: Record<string, unknown>;
  try {
    metadata = Object(JSON.parse(Buffer.from(data).toString()));
  } catch {
    return {};
  }
  const { $maxAge, $maxCount, $tb } = metadata;
  const truncateBefore = Number($tb);
  return {
    ...(typeof $maxAge === 'number' ? { maxAge: 1_000 * $maxAge } : {}),
    ...(typeof $maxCount === 'number' ? { maxCount: $maxCount } : {}),
    ...(truncateBefore >= SOFT_DELETED_FROM ? { softDeleted: true } : {}),
    ...(truncateBefore < SOFT_DELETED_FROM ? { truncateBefore } : {}),
  };
};

/** The events of a stream that a read of it gives: what is hidden is so at once, whatever scavenging does later. */
export const visible = (stream: StoredStream, rules: StreamRules, now: number): StoredEvent[] => {
  const isMetastream = stream.events[0]?.stream.startsWith('$$') ?? false;
  const maxCount = rules.maxCount ?? (isMetastream ? 1 : undefined);
  const first = Math.max(rules.truncateBefore ?? 0, maxCount === undefined ? 0 : stream.last - maxCount + 1);
  const oldest = rules.maxAge === undefined ? Number.NEGATIVE_INFINITY : now - rules.maxAge;
  if (first === 0 && oldest === Number.NEGATIVE_INFINITY) return stream.events;
  return stream.events.filter(({ revision, created }) => revision >= first && created >= oldest);
};
