import { revision } from '@rollcall/channel';
import { expect, test } from 'vitest';
import { readStatusRecord } from './read-status.ts';
import type { PbxSnapshot } from './snapshot.ts';
import { createStatusTable, isStale } from './status-table.ts';
import { pbxOf } from './testing/a-list.ts';
import { asFetched } from './testing/as-fetched.ts';
import { pbxKey, pbxMessage } from './write-status.ts';

/** As the publisher of that partition says it, whose log has an identity and positions of its own. */
const said = (partition: number | undefined, at: number, facts: Partial<PbxSnapshot> = {}) => {
  const pbx = { ...JSON.parse(JSON.stringify(pbxOf('pbx-a', { revision: revision(at) }))), ...facts };
  const written = { log: `log-${partition}`, time: 1 };
  const record = readStatusRecord(asFetched(pbxMessage(pbxKey('pbx-a', partition), pbx, JSON.stringify(pbx), written)));
  if (record.is !== 'pbx') throw new Error(record.is);
  return record;
};

test('of several publishers each says for its own partition from where on a channel is not stale', () => {
  const table = createStatusTable();
  table.take(said(0, 4, { staleBefore: 1_000 }));
  table.take(said(1, 4, { staleBefore: 10 }));
  const channel = { position: 500 };
  expect(isStale(channel, table.pbx('pbx-a', 0))).toBe(true);
  expect(isStale(channel, table.pbx('pbx-a', 1))).toBe(false);
  expect(isStale(channel, table.pbx('pbx-b', 1))).toBe(true);
});

test('a PBX is told once, by whoever comes first with it', () => {
  const table = createStatusTable();
  expect(table.take(said(0, 4))?.pbx?.revision).toBe(4);
  expect(table.take(said(1, 4, { position: 77 }))).toBeUndefined();
  expect(table.take(said(1, 5, { connected: false, position: 78 }))?.pbx?.connected).toBe(false);
  expect(table.take(said(0, 5, { connected: false }))).toBeUndefined();
  expect([...table.pbxs()]).toHaveLength(1);
  expect(table.pbx('pbx-a')?.connected).toBe(false);
});

test('one publisher for all says it for every partition', () => {
  const table = createStatusTable();
  table.take(said(undefined, 4));
  expect(table.pbx('pbx-a', 3)?.revision).toBe(4);
});
