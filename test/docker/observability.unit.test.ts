import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createMetrics,
  ingestMetrics,
  listMetrics,
  publisherMetrics,
  spoolMetrics,
  timeAnswers,
  timedAppends,
} from '@rollcall/api/metrics';
import { createMemoryCache } from '@rollcall/state-cache';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../docs/observability', name), 'utf8');

/** Everything that any Rollcall process tells. */
const told = (): Set<string> => {
  const metrics = createMetrics();
  const clock = { now: () => 0, monotonic: () => 0 };
  const never = async () => {
    throw new Error('not asked');
  };
  ingestMetrics(metrics, () => []);
  listMetrics(metrics, {
    ...{ cache: createMemoryCache(), clock, staleAfter: 0 },
    log: { head: never, readAll: async function* () {} },
    projector: { applied: 0, duplicates: 0, gaps: 0, refused: 0, waiting: 0 },
  });
  timedAppends(metrics, { append: never }, clock);
  spoolMetrics(metrics, () => ({ events: 0, bytes: 0, oldest: 0, refused: 0, discarded: 0 }));
  publisherMetrics(metrics, () => ({ queued: 0, snapshots: 0, tombstones: 0, position: 0, problem: undefined }));
  timeAnswers(metrics);
  return new Set(metrics.names());
};

const used = (text: string): string[] => [
  ...new Set([...text.matchAll(/rollcall_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''))),
];

test.each(['alerts.yml', 'dashboard.json'])('%s asks only for what is told', (file) => {
  const names = used(read(file));
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !told().has(name))).toEqual([]);
});

test('every alert says what it is and what to do', () => {
  const [group] = parse(read('alerts.yml')).groups;
  expect(group.rules.length).toBeGreaterThan(8);
  for (const { alert, expr, labels, annotations } of group.rules) {
    expect({ alert, expr, labels, annotations }).toEqual({
      alert: expect.stringMatching(/^[A-Z]/),
      expr: expect.any(String),
      labels: { severity: expect.stringMatching(/^(critical|warning|info)$/) },
      annotations: { summary: expect.any(String), action: expect.any(String) },
    });
  }
});

test('each panel of the dashboard has a title, a place of its own and a question', () => {
  const { panels } = JSON.parse(read('dashboard.json'));
  const places = panels.map(({ gridPos: { x, y } }: { gridPos: { x: number; y: number } }) => `${x},${y}`);
  expect(new Set(places).size).toBe(panels.length);
  for (const { title, targets } of panels) {
    expect(title).not.toBe('');
    for (const { expr } of targets) expect(expr).toMatch(/rollcall/);
  }
});
