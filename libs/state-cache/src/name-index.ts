/** Streams by name. Almost every name has one channel: an array only where there are more. */
export type NameIndex = Map<string, string | string[]>;

/** No name holds a line feed ahead of a PBX's name, so two PBXs cannot share a key. Case does not count, as in Asterisk. */
export const nameKey = (pbx: string, name: string): string => `${pbx}\n${name.toLowerCase()}`;

export const streamsNamed = (names: NameIndex, key: string): string[] => {
  const streams = names.get(key);
  if (streams === undefined) return [];
  return typeof streams === 'string' ? [streams] : streams;
};

export const giveName = (names: NameIndex, key: string, stream: string): void => {
  const others = streamsNamed(names, key);
  names.set(key, others.length === 0 ? stream : [...others, stream]);
};

export const unname = (names: NameIndex, key: string, stream: string): void => {
  const left = streamsNamed(names, key).filter((other) => other !== stream);
  const [only] = left;
  if (only === undefined) names.delete(key);
  else names.set(key, left.length === 1 ? only : left);
};

export function* nameEntries(names: NameIndex): Generator<{ key: string; stream: string }> {
  for (const key of names.keys()) for (const stream of streamsNamed(names, key)) yield { key, stream };
}
