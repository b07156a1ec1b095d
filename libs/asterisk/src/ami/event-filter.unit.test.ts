import { describe, expect, test } from 'vitest';
import { type EventFilter, hiddenBy, namedFilter, plainFilter } from './event-filter.ts';

const EVENTS = ['Newchannel', 'Newexten', 'Hangup', 'HangupRequest'];
const by = (...filters: EventFilter[]) => hiddenBy(filters, EVENTS);

describe('of an event that filters may keep', () => {
  test.each<[string, EventFilter[], hidden: string[], doubtful: string[]]>([
    ['nothing is hidden without a filter', [], [], []],
    [
      'a plain filter excludes what its expression finds, longer names too',
      [plainFilter('!Event: Hangup')],
      ['Hangup', 'HangupRequest'],
      [],
    ],
    ['plain filters that include let nothing else pass', [plainFilter('Event: (Newchannel|Hangup)')], ['Newexten'], []],
    [
      'one filter that excludes wins over those that include',
      [plainFilter('Event: '), plainFilter('!Event: Newexten')],
      ['Newexten'],
      [],
    ],
    ['an expression about the rest of an event may exclude any', [plainFilter('!Channel: DAHDI/')], [], EVENTS],
    ['an expression about the rest of an event may include any', [plainFilter('Channel: PJSIP/')], [], EVENTS],
    ['a name and more may exclude some of that name', [plainFilter('!Event: Hangup.*Local/')], [], EVENTS],
    ['what POSIX has and JavaScript has not is in doubt', [plainFilter('!Event: [[:alpha:]')], [], EVENTS],
    [
      'a named filter excludes exactly its event',
      [namedFilter('eventfilter(action(exclude),name(Hangup))', '')],
      ['Hangup'],
      [],
    ],
    [
      'a named filter with a condition may exclude some',
      [namedFilter('eventfilter(name(Hangup),action(exclude),header(Channel),method(regex))', 'Local/')],
      [],
      ['Hangup'],
    ],
    [
      'a named filter that includes lets nothing else pass',
      [namedFilter('eventfilter(name(Newchannel))', '')],
      ['Newexten', 'Hangup', 'HangupRequest'],
      [],
    ],
    [
      'a named filter without a name may concern any',
      [namedFilter('eventfilter(action(exclude),header(Channel))', 'DAHDI')],
      [],
      EVENTS,
    ],
  ])('%s', (_, filters, hidden, doubtful) => {
    expect(by(...filters)).toEqual({ hidden, doubtful });
  });
});
