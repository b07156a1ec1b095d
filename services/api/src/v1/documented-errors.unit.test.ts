import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STATUS } from '../refusal.ts';

/** What a client that branches on codes finds in the page, by status. What has no status of its own is 503. */
const documented = (): Map<string, string> => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/http-api.md'), 'utf8');
  const rows = page.matchAll(/^\| (\d{3}(?:, \d{3})*) \| (.*) \|$/gm);
  return new Map(
    [...rows].flatMap(([, statuses = '', text = '']) =>
      [...text.matchAll(/`([A-Z_]{5,})`/g)].map(([, code = '']): [string, string] => [code, statuses]),
    ),
  );
};

test('every code that has a status stands in the page beside it', () => {
  const page = documented();
  expect(page.size).toBeGreaterThan(20);
  for (const [code, status] of STATUS) {
    expect(page.get(code)?.split(', '), code).toContain(String(status));
  }
});

test('no code stands in the page beside a status that it does not have', () => {
  const others = new Map([
    ['INTERNAL', 500],
    ['REQUEST_WRONG', 400],
  ]);
  for (const [code, statuses] of documented()) {
    expect(statuses.split(', '), code).toContain(String(STATUS.get(code) ?? others.get(code) ?? 503));
  }
});
