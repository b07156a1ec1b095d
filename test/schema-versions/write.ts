// Writes the fixture of the present schema version, with the code of that version: node test/schema-versions/write.ts
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { replay } from '@rollcall/projector';
import { canonicalLines } from '@rollcall/state-cache';
import { readRows } from '../support/log-rows.ts';
import { fixtureFiles, fixtureLine } from './fixtures.ts';
import { STORY } from './story.ts';

/** 2026-11-22T15:00:00Z, when every fixture begins. */
const BEGIN = Date.UTC(2026, 10, 22, 15);

const files = fixtureFiles(SCHEMA_VERSION);
if (existsSync(files.log)) {
  console.error(
    `${files.log} is there already: what a version wrote is not written again. Remove it only if no release wrote it.`,
  );
  process.exit(1);
}
const dir = mkdtempSync(join(tmpdir(), 'rollcall-fixture-'));
let now = BEGIN;
const world = { ...systemWorld, clock: { ...systemWorld.clock, now: () => now } };
const log = openEmbeddedLog({ dir, world });
const heads = new Map<string, number>();
for (const [index, { stream, boot, source, after, event }] of STORY.entries()) {
  now = BEGIN + after * 1000 + 5;
  const head = heads.get(stream);
  const id = `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`;
  const pbx = parseStream(stream)?.pbx ?? '';
  const whole = { ...event, id, time: BEGIN + after * 1000, pbx, boot, source, schema: SCHEMA_VERSION };
  await log.append(stream, head === undefined ? 'none' : revision(head), [whole]);
  heads.set(stream, (head ?? -1) + 1);
}
const list = [...canonicalLines(await replay(log))];
await log.close();
writeFileSync(files.log, readRows(dir).map(fixtureLine).join(''));
writeFileSync(files.list, `${list.join('\n')}\n`);
rmSync(dir, { recursive: true });
