import { expect, test } from 'vitest';
import { listLine } from './list-line.ts';

test('who starts Rollcall is told where the list is, how it is, and where the reference page is', () => {
  const url = 'http://127.0.0.1:8099';
  expect(listLine(url)).toBe(`  list  ${url}/ari/channels  ${url}/readyz  ${url}/v1/docs`);
});

test('or that nothing is served', () => {
  expect(listLine(undefined)).toContain('HTTP is off');
});
