import { expect, test } from 'vitest';
import { createAdmission } from './admission.ts';

test('whoever has a whole IPv6 network has no more room for it than for one address', () => {
  const { enter } = createAdmission({ waitingPerAddress: 2 });
  const entered = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1', '192.0.2.1'].map(enter);
  expect(entered.map((one) => one !== undefined)).toEqual([true, true, false, true, true]);
  entered[0]?.leave();
  expect(enter('2001:db8::3')).toBeDefined();
});
