import { expect, test } from 'vitest';
import { parsePbxAddress, redact } from './address.ts';

test.each([
  ['ami://u:s@pbx', { scheme: 'ami', host: 'pbx', port: 5038, user: 'u', secret: 's' }],
  ['amis://u:s@pbx.example', { scheme: 'amis', host: 'pbx.example', port: 5039, user: 'u', secret: 's' }],
  [
    'ari+http://u:s@10.0.0.5',
    { scheme: 'ari+http', host: '10.0.0.5', port: 8088, user: 'u', secret: 's', app: undefined, prefix: '' },
  ],
  [
    'ari+https://u:s@[::1]:9443/asterisk/?app=rollcall-1',
    { scheme: 'ari+https', host: '::1', port: 9443, user: 'u', secret: 's', app: 'rollcall-1', prefix: '/asterisk' },
  ],
  [
    ' ami://a%40b:%2F%3F%23%40%3A%5B%25%20%C3%9F@[2001:db8::1]:1 ',
    { scheme: 'ami', host: '2001:db8::1', port: 1, user: 'a@b', secret: '/?#@:[% ß' },
  ],
  ['ami://u:p@ss@pbx', { scheme: 'ami', host: 'pbx', port: 5038, user: 'u', secret: 'p@ss' }],
  ['AMI://u:s@PBX', { scheme: 'ami', host: 'pbx', port: 5038, user: 'u', secret: 's' }],
])('%s', (text, address) => {
  expect(parsePbxAddress(text)).toEqual(address);
});

test.each([
  ['', 'not an address'],
  ['u:HUSH@pbx:5038', 'begins with none'],
  ['http://u:HUSH@pbx', 'begins with none'],
  ['toString://u:HUSH@pbx', 'begins with none'],
  ['ami://:HUSH@pbx', 'user is missing'],
  ['ami://pbx', 'user is missing'],
  ['ami://u@pbx', 'secret is missing'],
  ['ami://u:HUSH@', 'not an address'],
  ['ami://u:HUSH@pbx:99999', 'not an address'],
  ['ami://u:HUSH%0d%0aAction:%20Off@pbx', 'secret holds a control character'],
  ['ami://u%00:HUSH@pbx', 'user holds a control character'],
  ['ami://u:HUSH%zz@pbx', 'secret holds a "%"'],
  ['ami://u:HU/SH@pbx', 'not an address'],
  ['ami://u:12/HUSH@pbx', 'nothing may follow'],
  ['ami://u:12#HUSH@pbx', '"#"'],
  ['ari+http://u:12/HUSH@pbx', 'not a prefix'],
  ['ami://u:HUSH@pbx/path', 'nothing may follow'],
  ['ami://u:HUSH@pbx?app=x', 'nothing may follow'],
  ['ami://u:HUSH@p%20x', 'host'],
  ['ari+http://u%3Av:HUSH@pbx', 'no ":"'],
  ['ari+http://u:HUSH@pbx?application=x', 'only app=name'],
])('%s is refused by what is wrong, and the secret is not repeated', (text, what) => {
  const refusal = (() => {
    try {
      return parsePbxAddress(text);
    } catch (error) {
      return error;
    }
  })();
  expect(refusal).toMatchObject({ code: 'PBX_ADDRESS', message: expect.stringContaining(what) });
  expect(JSON.stringify(refusal) + String(refusal)).not.toMatch(/HUSH|SH@/);
});

test('a redacted address holds neither user nor secret', () => {
  expect(redact('ari+https://me:HUSH@[::1]/asterisk?app=x')).toBe('ari+https://[::1]:8089');
  expect(redact(parsePbxAddress('ami://me:HUSH@pbx:5'))).toBe('ami://pbx:5');
  expect(redact('ami://me:12/HUSH@pbx')).not.toContain('HUSH');
});
