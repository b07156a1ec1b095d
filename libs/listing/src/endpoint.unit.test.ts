import { expect, test } from 'vitest';
import { endpointOf } from './index.ts';

test.each([
  ['PJSIP/trunk-a-0000001f', 'PJSIP/trunk-a'],
  ['Local/100@default-00000002;1', 'Local/100@default'],
  ['SIP/10.0.0.1-0000000a', 'SIP/10.0.0.1'],
  ['console', 'console'],
  ['-x', '-x'],
])('%s is of %s', (name, endpoint) => {
  expect(endpointOf(name)).toBe(endpoint);
});
