import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compare, FORMATS, type ListedByAsterisk } from './testing/listed-by-asterisk.ts';

// Recorded from Asterisk 22.10.1 by real-asterisk.int.test.ts.
const file = new URL('./fixtures/asterisk-22.json.gz', import.meta.url);
const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as ListedByAsterisk[];

describe('of the channels that AMI tells, we print what Asterisk 22 printed of them', () => {
  const lines = recorded.flatMap(compare);
  test.each(FORMATS)('%s, line for line', (format) => {
    const own = lines.filter((line) => line.format === format);
    expect(own.filter(({ equal }) => !equal)).toEqual([]);
    expect(own.length).toBeGreaterThan(format === 'count' ? 8 : 25);
  });
  test('the recording has what is hard: cuts inside a character, marks in data, channels without a place or a call', () => {
    const all = lines.map(({ theirs }) => theirs).join('\n');
    for (const hard of ['\ufffd', '!data!with!marks', ' (None) ', 'AppDial', '1 active ', 'Ring '])
      expect(all).toContain(hard);
  });
});
