/**
 * Streams by name. Almost every name has one channel: a set only where there are more, changed in place, so that one name of very
 * many channels costs each of them no more than a name of its own.
 */
export type NameIndex = Map<string, string | Set<string>>;

/** No name holds a line feed ahead of a PBX's name, so two PBXs cannot share a key. Case does not count, as in Asterisk. */
export const nameKey = (pbx: string, name: string): string => `${pbx}\n${name.toLowerCase()}`;

/** In the order in which they got the name. */
export const streamsNamed = (names: NameIndex, key: string): Iterable<string> => {
  const streams = names.get(key);
  if (streams === undefined) return [];
  return typeof streams === 'string' ? [streams] : streams;
};

export const giveName = (names: NameIndex, key: string, stream: string): void => {
  const streams = names.get(key);
  if (streams === undefined || streams === stream) names.set(key, stream);
  else if (typeof streams === 'string') names.set(key, new Set([streams, stream]));
  else streams.add(stream);
};

export const unname = (names: NameIndex, key: string, stream: string): void => {
  const streams = names.get(key);
  if (streams === stream) names.delete(key);
  if (streams === undefined || typeof streams === 'string') return;
  streams.delete(stream);
  if (streams.size > 1) return;
  for (const only of streams) names.set(key, only);
};

export function* nameEntries(names: NameIndex): Generator<{ key: string; stream: string }> {
  for (const key of names.keys()) for (const stream of streamsNamed(names, key)) yield { key, stream };
}
