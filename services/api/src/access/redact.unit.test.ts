import { expect, test } from 'vitest';
import { redactedUrl } from './redact.ts';

test.each([
  ['/ari/channels?api_key=user:secret', '/ari/channels?api_key=[redacted]'],
  ['/ari/events?app=x&API_KEY=user:secret&subscribeAll=true', '/ari/events?app=x&API_KEY=[redacted]&subscribeAll=true'],
  ['/v1?token=rc_1&token=rc_2#x', '/v1?token=[redacted]&token=[redacted]#x'],
  ['/v1/channels?pbx=a&at=-10m', '/v1/channels?pbx=a&at=-10m'],
  ['/v1/channels', '/v1/channels'],
])('%s is logged as %s', (url, logged) => {
  expect(redactedUrl(url)).toBe(logged);
});
