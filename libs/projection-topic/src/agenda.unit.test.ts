import { expect, test } from 'vitest';
import { createAgenda } from './agenda.ts';
import { createList } from './testing/a-list.ts';

test('what could not be done belongs to the next round, with what came meanwhile', async () => {
  const agenda = createAgenda();
  const list = createList();
  agenda.markChanges(list.put('7.1'));
  agenda.markChanges(list.pbx('pbx-a'));
  const first = agenda.published();
  const failed = agenda.take();
  agenda.markChanges(list.put('7.2'));
  agenda.putBack(failed);
  const round = agenda.take();
  expect([...round.keys.keys()].sort()).toEqual(['pbx-a/7.1', 'pbx-a/7.2']);
  expect([...round.pbxs]).toEqual(['pbx-a']);
  round.done.resolve();
  await first;
});

test('what is ahead of the list is looked at again when the list has come as far, with the streams it was about', () => {
  const agenda = createAgenda();
  const list = createList();
  const streams = new Set(['channel/pbx-a/1/7.1']);
  agenda.wait('pbx-a/7.1', 2, streams);
  agenda.markChanges(list.pass());
  expect(agenda.size).toBe(0);
  agenda.markChanges(list.pass());
  expect(agenda.take().keys).toEqual(new Map([['pbx-a/7.1', streams]]));
});

test('nobody need wait for what was published: a refusal that nobody hears is none', async () => {
  const agenda = createAgenda();
  agenda.take().done.reject(new Error('closed'));
  await new Promise((resolve) => setImmediate(resolve));
});
