import { position, revision, shapeChannel } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFilters } from './filter.ts';
import { channelJson } from './reading/channel-json.ts';

const channel = channelJson(
  shapeChannel({
    pbx: 'pbx-a',
    boot: 1,
    uniqueid: '1.1',
    name: 'PJSIP/alice-00000001',
    origin: 'created',
    revision: revision(3),
    position: position(9),
    state: 6,
    callerNumber: '+49',
    callerName: null,
    applicationData: 'a=b!=c~d',
    held: true,
    variables: { FOO: 'a=b', 'CDR(x)': 'y' },
    created: 0,
  }),
  true,
  5500,
);
const passes = (...expressions: string[]): boolean => parseFilters(expressions)(channel);

describe('a filter', () => {
  test.each([
    'name=PJSIP/alice-00000001',
    'name!=PJSIP/bob',
    'name~^PJSIP/[a-z]+-',
    'state=6',
    'stateText=Up',
    'stale=true',
    'held=true',
    'durationSeconds=5',
    'applicationData=a=b!=c~d',
    'applicationData~b!=c',
    'callerName=',
    'context=',
    'callerNumber~^\\+49$',
    'variables.FOO=a=b',
    'variables.CDR(x)=y',
    'variables.constructor=',
  ])('%s passes', (expression) => {
    expect(passes(expression)).toBe(true);
  });
  test.each(['name=pjsip/alice-00000001', 'name!=PJSIP/alice-00000001', 'name~^alice', 'context!=', 'variables.FOO='])(
    '%s does not',
    (expression) => {
      expect(passes(expression)).toBe(false);
    },
  );
  test('several: all must hold; none: everything passes', () => {
    expect(passes('state=6', 'pbx=pbx-a')).toBe(true);
    expect(passes('state=6', 'pbx=pbx-b')).toBe(false);
    expect(passes()).toBe(true);
  });
  test('any text is a filter or a clear error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (expression) => {
        try {
          passes(expression);
        } catch (error) {
          expect(isRollcallError(error)).toBe(true);
        }
      }),
    );
  });
  test('more than fifty, or one of more than a thousand characters, are refused', () => {
    expect(() => passes(...Array.from({ length: 51 }, () => 'state=6'))).toThrow('51 filters');
    expect(() => passes(`name=${'x'.repeat(1000)}`)).toThrow('longer than 1000');
  });
});
