import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { type RollcallProcess, startRollcall } from '../support/rollcall-process.ts';
import { inPipe, logWith, removeDirs } from './as-operator.ts';

type Finding = { of: string; what: string; ok?: boolean; detail: string; advice: string };

let data: string;
let running: RollcallProcess | undefined;
beforeEach(async () => {
  data = await logWith(2_000);
  chmodSync(data, 0o700);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(removeDirs);

const findings = async (...args: string[]): Promise<{ code: number | null; found: Map<string, Finding> }> => {
  const { code, out } = await inPipe(['doctor', '--json', '--data', data, ...args]);
  const list: Finding[] = JSON.parse(out).findings;
  return { code, found: new Map(list.map((finding) => [`${finding.of} ${finding.what}`, finding])) };
};

test('without a Rollcall that runs: the directory, the disk, the log and what is set aside, each with what to do', async () => {
  const { code, found } = await findings();
  expect(code).toBe(1);
  expect(found.get('data directory')).toMatchObject({ ok: true });
  expect(found.get('data log')).toMatchObject({ ok: true, detail: expect.stringContaining('2,006 events') });
  expect(found.get('list quarantine')).toMatchObject({
    ok: false,
    advice: expect.stringContaining('rollcall quarantine'),
  });
  expect(found.get('rollcall running')?.ok).toBeUndefined();
  for (const { ok, advice } of found.values()) if (ok === false) expect(advice).not.toBe('');

  const { out } = await inPipe(['doctor', '--data', data]);
  expect(out).toMatch(/^ok {6}data: directory/m);
  expect(out).toMatch(/^NOT OK {2}list: quarantine/m);
});

test('a directory that others may read, a log that was altered and one that is no log are each said', async () => {
  chmodSync(data, 0o755);
  const db = new Database(join(data, 'events.db'));
  db.exec(`UPDATE events SET data = '{"state":3}' WHERE position = 1000`);
  db.close();
  const { code, found } = await findings();
  expect(code).toBe(1);
  expect(found.get('data directory')).toMatchObject({ ok: false, advice: expect.stringContaining('chmod 700') });
  expect(found.get('data log')).toMatchObject({ ok: false, detail: expect.stringContaining('#1000') });
  expect((await findings('--quick')).found.has('data log')).toBe(false);
  data = join(data, 'nowhere');
  expect(await findings()).toMatchObject({ code: 1 });
});

test('with one that runs: its list, and each PBX with the reason why it is away', async () => {
  running = await startRollcall({ data, pbxs: { none: 'ami://u:s@127.0.0.1:1' } });
  await running.until('none', 'failed');
  const { found } = await findings('--quick');
  expect(found.get('list follows')).toMatchObject({ ok: true });
  expect(found.get('list lag')).toMatchObject({ ok: true });
  const { ok, detail, advice } = found.get('none connection') ?? {};
  expect({ ok, detail }).toEqual({ ok: false, detail: expect.stringMatching(/^failed: .*127\.0\.0\.1:1.*[^.]\.$/) });
  expect(advice).toContain('reason');
});
