import { describe, expect, test } from 'vitest';
import { eventMask } from './event-mask.ts';
import type { AmiEvent } from './events.ts';
import { createFilters } from './filters.ts';

const event = (name: string, channel: string): AmiEvent => ({
  ...{ name, eventClass: 'call', pbx: 'pbx-a' },
  text: `Event: ${name}\r\nPrivilege: call,all\r\nChannel: ${channel}\r\nExten: 600\r\n\r\n`,
});
const passing = (...filters: { value?: string; criteria?: string }[]) => {
  const all = createFilters();
  for (const { value = '', criteria = '' } of filters) expect(all.add({ value, criteria })).toBe('added');
  const events = [event('Newchannel', 'PJSIP/a-1'), event('Hangup', 'PJSIP/a-1'), event('Hangup', 'Local/b-1')];
  return events.filter(all.pass).map(({ name, text }) => `${name} ${/Channel: (\S+)/.exec(text)?.[1]}`);
};

describe('filters', () => {
  test('what matches one of them passes; what an excluding one matches does not; both: in, and not out', () => {
    expect(passing({ value: 'Event: Newchannel' })).toEqual(['Newchannel PJSIP/a-1']);
    expect(passing({ value: 'Event: New' }, { value: 'Channel: Local/.*' })).toEqual([
      'Newchannel PJSIP/a-1',
      'Hangup Local/b-1',
    ]);
    expect(passing({ value: '!Event: Hangup' })).toEqual(['Newchannel PJSIP/a-1']);
    expect(passing({ value: 'PJSIP' }, { value: '!Event: Hangup' })).toEqual(['Newchannel PJSIP/a-1']);
  });
  test.each([
    [{ criteria: 'name(Hangup)' }, ['Hangup PJSIP/a-1', 'Hangup Local/b-1']],
    [{ criteria: 'action(exclude),name(Hangup)' }, ['Newchannel PJSIP/a-1']],
    [{ criteria: 'name(Hangup),header(Channel),method(starts_with)', value: 'Local/' }, ['Hangup Local/b-1']],
    [{ criteria: 'header(Channel),method(exact)', value: 'Local/b-1' }, ['Hangup Local/b-1']],
    [{ criteria: 'header(Channel),method(ends_with)', value: 'a-1' }, ['Newchannel PJSIP/a-1', 'Hangup PJSIP/a-1']],
    [{ criteria: 'method(contains)', value: 'Local' }, ['Hangup Local/b-1']],
    [{ criteria: 'name(Hangup),header(Exten)' }, ['Hangup PJSIP/a-1', 'Hangup Local/b-1']],
    [{ criteria: 'header(Application)' }, []],
    [{ criteria: 'name(hangup)' }, []],
    [{ criteria: 'name(Newchannel),name(Hangup)' }, ['Hangup PJSIP/a-1', 'Hangup Local/b-1']],
  ])('%j', (filter, expected) => {
    expect(passing(filter)).toEqual(expected);
  });
  // Each as Asterisk 22.10 answers it.
  test.each([
    ['[', '', 'does-not-compile'],
    ['', '', 'wrong-form'],
    ['!', '', 'wrong-form'],
    ['Foo', 'action(exclude),name(Foo)', 'wrong-form'],
    ['', 'name(Foo)', 'added'],
    ['x', 'bogus(Foo)', 'wrong-form'],
    ['x', 'action(foo)', 'wrong-form'],
    ['x', 'name(X),header(Y),method(exact)', 'added'],
    ['x', 'method(none)', 'wrong-form'],
    ['x', 'method(foo)', 'wrong-form'],
    ['', 'name(X),method(none)', 'added'],
    ['', 'header(X)', 'added'],
    ['x', 'header(X)', 'wrong-form'],
    ['x', 'name(X), header(Y)', 'wrong-form'],
    ['', 'action(include)', 'wrong-form'],
    ['', ',name(X),,name(Y),', 'added'],
  ])('filter %j with criteria %j: %s', (value, criteria, expected) => {
    expect(createFilters().add({ value, criteria })).toBe(expected);
  });
});

test('a session that has all the filters there is room for is told so', () => {
  const { add } = createFilters();
  for (let count = 0; count < 16; count++) expect(add({ value: 'x', criteria: '' })).toBe('added');
  expect(add({ value: 'x', criteria: '' })).toBe('too-many');
});

// Each as Asterisk 22.10 answers it.
test.each([
  ['2147483647', 0x7fffffff],
  ['2147483648', undefined],
  ['4294967298', 2],
  ['999999999999', undefined],
  ['9'.repeat(30), undefined],
])('the number %s is the mask %j', (text, mask) => {
  expect(eventMask(text)).toBe(mask);
});

// Each as Asterisk 22.10 answers it.
test.each([
  ['c,foo', true],
  ['foo,call', true],
  ['call ', false],
  ['no', false],
  ['0', false],
  ['none', false],
  ['ALL', false],
  ['-1', false],
  ['off', false],
  ['on', true],
  ['2', true],
])('event mask %j', (mask, isOn) => {
  expect(eventMask(mask) !== 0).toBe(isOn);
});
