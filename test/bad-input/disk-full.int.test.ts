import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AMI_BANNER, newchannel, newstate } from '../support/ami-feed.ts';
import { BIN, type RollcallProcess, rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { importAsUser, listAsUser, newDir, removeDirs, verifyAsUser } from './as-user.ts';
import { mountSmallDisk, resizeDisk, unmountAll } from './mounts.ts';

const SMALL = 2_000;
const ROOMY = 200_000;

let running: RollcallProcess | undefined;
afterEach(async () => {
  await running?.kill9();
  running = undefined;
  unmountAll();
  removeDirs();
});

const calls = (count: number): Buffer =>
  Buffer.concat([
    AMI_BANNER,
    ...Array.from({ length: count }, (_, n) => [
      newchannel({ id: `1.${n}`, state: 0 }),
      newstate({ id: `1.${n}` }),
    ]).flat(),
  ]);

test('import says that there is no room, waits, and goes on when there is; nothing is there by half or lost', async (context) => {
  const disk = newDir();
  mountSmallDisk(context, disk, SMALL);
  const data = join(disk, 'data');
  const feed = join(newDir(), 'feed');
  writeFileSync(feed, calls(10_000));
  const child = spawn(process.execPath, [BIN, 'import', '--pbx', 'pbx', '--ami', feed, '--data', data, '--json']);
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  await waitFor('import to find no room', () => err.includes('LOG_FULL') || child.exitCode !== null);
  expect(await verifyAsUser(data)).toBe(0);
  expect(child.exitCode).toBeNull();

  resizeDisk(disk, ROOMY);
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
  // A last small batch may have found room in between; but it is not said for each of the channels.
  expect(err).toMatch(
    /^(Waiting: LOG_FULL: There is no room for .*events\.db.* Make room on that disk.*\nThe log can be written again: going on\.\n){1,5}$/,
  );
  expect(JSON.parse(out)).toMatchObject({ live: 10_000, report: { malformed: 0 } });
  const list = await listAsUser(data);
  expect(new Set(list.map(({ revision, state }) => `${revision} ${state}`))).toEqual(new Set(['1 6']));
  expect(list).toHaveLength(10_000);
  expect(await verifyAsUser(data)).toBe(0);
});

test('a disk that is full from the start: one line, and nothing half made in the way afterwards', async (context) => {
  const disk = newDir();
  mountSmallDisk(context, disk, SMALL);
  const [data, ballast] = [join(disk, 'data'), join(disk, 'ballast')];
  await fill(ballast);
  for (const command of [
    ['start', '--http', 'off'],
    ['import', '--pbx', 'pbx', '--ami', '/dev/null'],
  ]) {
    const { code, out, err } = await rollcall(...command, '--data', data);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^LOG_FULL: There is no room for .*events\.db.*\n$/);
  }
  rmSync(ballast);
  expect(await importAsUser(data, calls(10))).toMatchObject({ code: 0, said: { live: 10 } });
  expect(await verifyAsUser(data)).toBe(0);
});

test('start says so, serves on, and goes on by itself when there is room', async (context) => {
  const disk = newDir();
  mountSmallDisk(context, disk, SMALL);
  const data = join(disk, 'data');
  running = await startRollcall({ data, pbxs: {} });
  expect(await noRoomSeen(running)).toMatch(/^LOG_FULL: There is no room for .* Make room on that disk/);
  const { position } = await running.list();
  expect(position).toBeGreaterThan(0);
  expect(await verifyAsUser(data)).toBe(0);

  resizeDisk(disk, ROOMY);
  await running.until('demo', 'live');
  const { list } = running;
  await waitFor('the list to move on', async () => (await list()).position > position + 500);
  expect(await running.stop()).toBe(0);
  expect(await verifyAsUser(data)).toBe(0);
});

test('start can be stopped while the disk is full, says what could not be written, and starts again', async (context) => {
  const disk = newDir();
  mountSmallDisk(context, disk, SMALL);
  const data = join(disk, 'data');
  running = await startRollcall({ data, pbxs: {} });
  await noRoomSeen(running);
  await fill(join(disk, 'ballast'));
  expect(await running.stop()).toBe(0);
  expect(running.printed()).toContain('demo: its last reports could not be written. LOG_FULL');
  expect(running.printed()).toMatch(/IMAGE_NOT_SAVED: .*ENOSPC.* Nothing is lost/);
  expect(readdirSync(data)).not.toContain('channels.image.new');
  expect(await verifyAsUser(data)).toBe(0);

  rmSync(join(disk, 'ballast'));
  resizeDisk(disk, ROOMY);
  running = await startRollcall({ data, pbxs: {} });
  await running.until('demo', 'live');
  expect(await running.stop()).toBe(0);
  expect(existsSync(join(data, 'channels.image'))).toBe(true);
  expect(await verifyAsUser(data)).toBe(0);
});

/** What /readyz says of the PBX meanwhile. */
const noRoomSeen = async ({ ready }: RollcallProcess): Promise<string> => {
  let reason = '';
  await waitFor('rollcall to find no room', async () => {
    const [demo] = (await ready()).pbxs;
    reason = demo?.state === 'failed' ? (demo.reason ?? '') : '';
    return reason !== '';
  });
  return reason;
};

const fill = async (file: string): Promise<void> => {
  await once(spawn('sh', ['-c', `cat /dev/zero > ${file}`]), 'close');
};
