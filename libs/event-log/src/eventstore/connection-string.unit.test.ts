import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openClient } from './client.ts';
import { parseConnectionString } from './connection-string.ts';
import { names } from './names.ts';

describe('a connection string', () => {
  test.each([
    ['esdb://h', 'esdb://h:2113', 'esdb://h:2113', 10_000],
    ['esdb://h:1?tls=false', 'esdb://h:1?tls=false', 'esdb://h:1', 10_000],
    ['kurrentdb://h:1', 'esdb://h:1', 'esdb://h:1', 10_000],
    ['kdb+discover://h', 'esdb+discover://h:2113', 'esdb+discover://h:2113', 10_000],
    [
      'esdb://a,b:7,c.example/?TLS=true',
      'esdb://a:2113,b:7,c.example:2113?tls=true',
      'esdb://a:2113,b:7,c.example:2113',
      10_000,
    ],
    ['esdb://u:p@h?default_deadline=500', 'esdb://u:p@h:2113?defaultdeadline=500', 'esdb://h:2113', 500],
    ['esdb://u%40x:p%3A%2F!@h', 'esdb://u%40x:p%3A%2F!@h:2113', 'esdb://h:2113', 10_000],
    ['esdb://u:a:b@h', 'esdb://u:a%3Ab@h:2113', 'esdb://h:2113', 10_000],
    [
      ' esdb://h?tlsCAFile=/etc/ca.pem&keepAliveInterval=-1 ',
      'esdb://h:2113?tlscafile=/etc/ca.pem&keepaliveinterval=-1',
      'esdb://h:2113',
      10_000,
    ],
  ])('%s is understood', (text, url, where, deadline) => {
    expect(parseConnectionString(text)).toEqual({ url, where, deadline });
  });

  test.each([
    ['', 'is not one'],
    ['http://h', 'is not one'],
    ['esdb:/h', 'is not one'],
    ['esdb://', 'host'],
    ['esdb://h,', 'host'],
    ['esdb://h:0', 'host'],
    ['esdb://h:65536', 'host'],
    ['esdb://h:x', 'host'],
    ['esdb://h h', 'host'],
    ['esdb://[::1]:2113', 'host'],
    ['esdb://u@h', 'USER:PASSWORD'],
    ['esdb://:s3cret@h', 'USER:PASSWORD'],
    ['esdb://u:%E0%A4%A@h', 'percent-encoding'],
    ['esdb://u:s3cret@h?tlsCa=x', 'tlsCa'],
    ['esdb://u:s3cret@h?tls', 'tls'],
    ['esdb://u:s3cret@h?tls=maybe', 'tls'],
    ['esdb://u:s3cret@h?defaultDeadline=0', 'defaultDeadline'],
    ['esdb://u:s3cret@h?defaultDeadline=soon', 'defaultDeadline'],
    ['esdb://u:s3cret@h?tlsVerifyCert=false', 'tlsCAFile'],
  ])('%j is refused, and says %s', (text, says) => {
    expect(() => parseConnectionString(text)).toThrow(
      expect.objectContaining({ code: 'LOG_ADDRESS_INVALID', message: expect.stringContaining(says) }),
    );
    expect(() => parseConnectionString(text)).not.toThrow(/s3cret/);
  });

  test('never crashes, and never tells its password, whatever it is', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('esdb://', 'kurrentdb+discover://', '@', ':', ',', '?tls=', '&', '=', 'h:1'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.boolean(), (parts, whole) => {
        const text = whole ? `esdb://u:s3cret@${parts.join('')}` : parts.join('');
        try {
          expect(parseConnectionString(text).where).not.toContain('s3cret');
        } catch (error) {
          expect(error).toMatchObject({ code: 'LOG_ADDRESS_INVALID' });
          expect(String(error)).not.toContain('s3cret');
        }
      }),
    );
  });

  test('that names a file which is not there is refused by its name', () => {
    const { url, where } = parseConnectionString('esdb://u:s3cret@h?tlsCAFile=/nowhere/ca.pem');
    expect(() => openClient(url, where)).toThrow(
      expect.objectContaining({ code: 'LOG_ADDRESS_INVALID', message: expect.stringContaining('not found') }),
    );
  });
});

describe('a prefix', () => {
  test.each(['', 'a b', '$system-', 'ü-', 'x'.repeat(65), 'a/b'])('%j is refused', (prefix) => {
    expect(() => names(prefix)).toThrow(expect.objectContaining({ code: 'LOG_ADDRESS_INVALID' }));
  });
  test('stands before our names, and what has another kind is not ours', () => {
    const { ours, inStore } = names('rollcall-');
    expect(inStore('channel/a/1/x')).toBe('rollcall-channel/a/1/x');
    expect(ours).toEqual(['rollcall-channel/', 'rollcall-pbx/']);
    expect(() => inStore('order/1')).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }));
  });
});
