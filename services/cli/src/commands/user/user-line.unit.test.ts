import { expect, test } from 'vitest';
import { tokenLine } from './user-line.ts';

const EXPIRES = '2026-12-01T00:00:00.000Z';
const token = { id: 'ab12', created: '2026-11-01T08:00:00.000Z', expires: EXPIRES };

test('a token that is over is not shown as one that is good until then', () => {
  const end = Date.parse(EXPIRES);
  expect(tokenLine(token, end - 1)).toBe(`ab12  since 2026-11-01, until ${EXPIRES}`);
  expect(tokenLine(token, end)).toBe(`ab12  since 2026-11-01, over since ${EXPIRES}`);
});
