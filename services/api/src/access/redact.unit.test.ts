import { expect, test } from 'vitest';
import { redactedUrl } from './redact.ts';

test.each([
  ['/ari/channels?api_key=user:secret', '/ari/channels?api_key=[redacted]'],
  ['/ari/events?app=x&API_KEY=user:secret&subscribeAll=true', '/ari/events?app=x&API_KEY=[redacted]&subscribeAll=true'],
  ['/v1?token=rc_1&token=rc_2#x', '/v1?token=[redacted]&token=[redacted]'],
  ['/v1/channels?api%5Fkey=user:secret', '/v1/channels?api%5Fkey=[redacted]'],
  ['/v1/channels?at=1&%61pi_key=user:se;cr#e?t=&pbx=a', '/v1/channels?at=1&%61pi_key=[redacted]&pbx=a'],
  ['/v1/channels?x=y;token=rc_1', '/v1/channels?x=y;token=[redacted]'],
  ['http://user:secret@pbx.example/ari/channels', 'http://[redacted]@pbx.example/ari/channels'],
  ['/v1/channels?pbx=a&at=-10m', '/v1/channels?pbx=a&at=-10m'],
  ['/v1/channels', '/v1/channels'],
])('%s is logged as %s', (url, logged) => {
  expect(redactedUrl(url)).toBe(logged);
});
