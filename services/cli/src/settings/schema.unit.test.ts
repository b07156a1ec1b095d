import { describe, expect, test } from 'vitest';
import { settingsSchema } from './schema.ts';

const read = (input: object) => settingsSchema.safeParse(input);

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1.5h', 5_400_000],
    [' 90 s ', 90_000],
    ['0s', 0],
  ])('%s', (text, milliseconds) => {
    expect(read({ staleAfter: text }).data?.staleAfter).toBe(milliseconds);
  });
  test.each(['', '15', 'm', '-1s', '1e3s', '15 minutes', '1h30m', '15M', '0x10s', '١s', 'Infinitys', '1s;2s', '1.s'])(
    '%s is none',
    (text) => {
      expect(read({ staleAfter: text }).success).toBe(false);
    },
  );
  test('a reconciliation without pause, or beyond what a timer can wait, is refused', () => {
    for (const every of ['0s', '999ms', '8d', '99999999999d']) {
      expect(read({ reconcileEvery: every }).success, every).toBe(false);
    }
    for (const every of ['1s', '60s', '7d']) expect(read({ reconcileEvery: every }).success, every).toBe(true);
  });
});

describe('http', () => {
  test.each([
    ['127.0.0.1:8099', { host: '127.0.0.1', port: 8099 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:8099', { host: '::1', port: 8099 }],
    ['[::]:65535', { host: '::', port: 65_535 }],
    ['off', undefined],
  ])('%s', (text, http) => {
    const { success, data } = read({ http: text });
    expect({ success, http: data?.http }).toEqual({ success: true, http });
  });
  test.each([
    '',
    'on',
    '8099',
    ':8099',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '::1:8099',
    '[x]:1',
    'http://127.0.0.1:8099',
    'a b:1',
    'a:1/x',
  ])('%s is no address', (text) => {
    expect(read({ http: text }).success).toBe(false);
  });
});

test.each(['a', 'pbx-a', 'A.b_c-9', '9', 'x'.repeat(64)])('%s is a PBX name', (name) => {
  expect(read({ pbx: { [name]: { url: 'ami://u:s@h' } } }).success).toBe(true);
});
test.each(['', ' ', '-a', '.a', '_a', 'a/b', 'a b', 'a\n', 'ü', 'a=b', 'x'.repeat(65)])('%j is none', (name) => {
  expect(read({ pbx: { [name]: { url: 'ami://u:s@h' } } }).success).toBe(false);
});

describe('what may be switched off', () => {
  test('audits by the clock', () => {
    expect(read({}).data?.auditEvery).toBe(600_000);
    expect(read({ auditEvery: '5m' }).data?.auditEvery).toBe(300_000);
    expect(read({ auditEvery: 'off' }).data).toMatchObject({ auditEvery: undefined });
    for (const every of ['never', '0s', '8d', '']) expect(read({ auditEvery: every }).success, every).toBe(false);
  });
  test('retention, by age and by size', () => {
    expect(read({}).data).toMatchObject({ retain: 'default', retainSize: 'default' });
    expect(read({ retain: '90d', retainSize: '2GB' }).data).toMatchObject({ retain: 7_776_000_000, retainSize: 2e9 });
    expect(read({ retain: 'off', retainSize: 'off' }).data).toMatchObject({ retain: 'off', retainSize: 'off' });
    for (const retain of ['1s', 'for ever', '-1d']) expect(read({ retain }).success, retain).toBe(false);
    for (const retainSize of ['1kB', '2', '-1GB', '1 GiB', '1e9GB']) {
      expect(read({ retainSize }).success, retainSize).toBe(false);
    }
  });
  test('how long the spool holds; its size has a bound always', () => {
    expect(read({ spoolAge: '24h' }).data).toMatchObject({ spoolAge: 86_400_000, spoolSize: 1e9 });
    expect(read({ spoolAge: 'off', spoolSize: '5GB' }).data).toMatchObject({ spoolAge: undefined, spoolSize: 5e9 });
    expect(read({ spoolAge: '1s' }).success).toBe(false);
    for (const spoolSize of ['off', '500kB']) expect(read({ spoolSize }).success, spoolSize).toBe(false);
    for (const spoolFull of ['drop', '']) expect(read({ spoolFull }).success, spoolFull).toBe(false);
  });
});
