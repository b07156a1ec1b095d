import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { domainEventSchema, SCHEMA_VERSION, START, UPCASTERS } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { replay, replayOpen } from '@rollcall/projector';
import { canonicalLines, type StateCache } from '@rollcall/state-cache';
import { afterEach, describe, expect, test } from 'vitest';
import { insertRows, type LogRow } from '../support/log-rows.ts';
import { fixtureFiles, fixtureList, fixtureLog, hasFixture } from './fixtures.ts';

const VERSIONS = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1);

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A data directory whose log holds exactly these rows. */
const dirOf = async (rows: readonly LogRow[]): Promise<string> => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-schema-'));
  dirs.push(dir);
  await openEmbeddedLog({ dir, world: systemWorld }).close();
  insertRows(dir, rows);
  return dir;
};

const listOf = (cache: StateCache): unknown[] => [...canonicalLines(cache)].map((line) => JSON.parse(line));

/** The list by a whole replay, and by the streams that are open alone. */
const readBoth = async (rows: readonly LogRow[]): Promise<[StateCache, StateCache]> => {
  const log = openEmbeddedLog({ dir: await dirOf(rows), world: systemWorld, mode: 'read' });
  try {
    return [await replay(log), await replayOpen(log)];
  } finally {
    await log.close();
  }
};

describe.each(VERSIONS)('schema version %i', (version) => {
  test('has its fixture log', () => {
    expect(hasFixture(version), `${fixtureFiles(version).log}: see README.md beside it`).toBe(true);
  });
  test('its log gives the channels that it meant', async () => {
    for (const cache of await readBoth(fixtureLog(version))) {
      expect(listOf(cache)).toEqual(fixtureList(version));
      expect([...cache.quarantine()]).toEqual([]);
    }
  });
  test('all its events are of that version', () => {
    expect(new Set(fixtureLog(version).map(({ schema }) => schema))).toEqual(new Set([version]));
  });
});

test('the present version and those before it are all that there is', () => {
  expect(existsSync(fixtureFiles(SCHEMA_VERSION + 1).log)).toBe(false);
  expect([...UPCASTERS.keys()]).toEqual(VERSIONS.slice(0, -1));
});

test('the fixture of the present version has every event, and every field with and, where it may be, without a value', () => {
  const seen = new Map<string, Set<string>[]>();
  for (const { type, data } of fixtureLog(SCHEMA_VERSION)) {
    seen.set(type, [...(seen.get(type) ?? []), new Set(Object.keys(JSON.parse(data)))]);
  }
  for (const { shape } of domainEventSchema.options) {
    const events = seen.get(shape.type.value) ?? [];
    expect(events.length, `no ${shape.type.value}`).toBeGreaterThan(0);
    for (const [field, schema] of Object.entries(shape.data.shape)) {
      const where = `${shape.type.value}.${field}`;
      expect(
        events.some((fields) => fields.has(field)),
        `${where} is never there`,
      ).toBe(true);
      if (!schema.safeParse(undefined).success) continue;
      expect(
        events.some((fields) => !fields.has(field)),
        `${where} is always there`,
      ).toBe(true);
    }
  }
});

describe('what a later version wrote', () => {
  const later = (from: number): LogRow[] =>
    fixtureLog(SCHEMA_VERSION).map((row) =>
      row.position < from ? row : { ...row, schema: SCHEMA_VERSION + 1, data: '{"invented":[true]}' },
    );

  test('is not read, and not lost: each open stream is set aside at its first such event', async () => {
    for (const cache of await readBoth(later(25))) {
      const [alice] = cache.byName('pbx-a', 'PJSIP/alice-0000000a');
      expect(alice).toMatchObject({ position: 24, held: undefined });
      const [aside] = [...cache.quarantine()].filter(({ stream }) => stream.endsWith('.1'));
      expect(aside).toMatchObject({ position: 25, revision: (alice?.revision ?? 0) + 1, type: 'ChannelHeld' });
      expect(aside?.reason).toContain(`schema ${SCHEMA_VERSION + 1} is not known here`);
      expect([...cache.quarantine()].map(({ stream }) => stream)).toContain('pbx/pbx-a');
    }
  });
  test('is all there, in its place, for a version that can read it', async () => {
    const rows = later(1);
    const log = openEmbeddedLog({ dir: await dirOf(rows), world: systemWorld, mode: 'read' });
    const read = [];
    for await (const batch of log.readAll(START)) read.push(...batch);
    await log.close();
    expect(read).toMatchObject(
      rows.map(({ position, stream, revision, type, id, schema, data }) => ({
        ...{ position, stream, revision, id, schema },
        type: 'Unreadable',
        data: { type, text: data },
      })),
    );
  });
});
