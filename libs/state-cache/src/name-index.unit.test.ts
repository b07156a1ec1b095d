import { expect, test } from 'vitest';
import { giveName, type NameIndex, nameKey, streamsNamed, unname } from './name-index.ts';

const key = nameKey('pbx-a', 'PJSIP/alice-00000001');

test('one more or one less of many channels of one name copies none of the others', () => {
  const names: NameIndex = new Map();
  for (const stream of ['a', 'b', 'c']) giveName(names, key, stream);
  const held = names.get(key);
  giveName(names, key, 'd');
  unname(names, key, 'b');
  expect(names.get(key)).toBe(held);
  expect([...streamsNamed(names, key)]).toEqual(['a', 'c', 'd']);
});

test('a name is held as long as a channel has it, and another channel cannot take it away', () => {
  const names: NameIndex = new Map();
  giveName(names, key, 'a');
  giveName(names, key, 'b');
  unname(names, key, 'a');
  unname(names, key, 'a');
  expect([...streamsNamed(names, key)]).toEqual(['b']);
  unname(names, key, 'b');
  expect(names.size).toBe(0);
});
