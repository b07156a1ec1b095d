import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { AMI_BANNER, newchannel } from '../support/ami-feed.ts';
import { type RollcallProcess, rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { importAsUser, listAsUser, newDir, removeDirs, verifyAsUser } from './as-user.ts';
import { mountReadOnly, unmountAll } from './mounts.ts';

let running: RollcallProcess | undefined;
afterEach(async () => {
  await running?.kill9();
  running = undefined;
  unmountAll();
  removeDirs();
});

const oneCall = Buffer.concat([AMI_BANNER, newchannel({ id: '1.1' })]);

/** Every command that writes. */
const writers = (data: string): string[][] => {
  const feed = join(newDir(), 'feed');
  writeFileSync(feed, oneCall);
  return [
    ['start', '--http', 'off', '--data', data],
    ['import', '--pbx', 'pbx', '--ami', feed, '--data', data],
  ];
};

const startDemo = async (data: string): Promise<RollcallProcess> => {
  const demo = await startRollcall({ data, pbxs: {} });
  await waitFor('calls', async () => (await demo.list()).channels.length > 10);
  return demo;
};

describe('a directory that cannot be written', () => {
  test('is refused by what writes, in one line, and read by what reads', async (context) => {
    const [data, view] = [newDir(), newDir()];
    await importAsUser(data, oneCall);
    mountReadOnly(context, data, view);
    for (const command of writers(view)) {
      const { code, out, err } = await rollcall(...command);
      expect({ code, out }, err).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^DATA_DIR_READ_ONLY: The data directory .* cannot be written\. .*\n$/);
      expect(err).toContain(view);
    }
    expect((await listAsUser(view)).map(({ uniqueid }) => uniqueid)).toEqual(['1.1']);
    expect(await verifyAsUser(view)).toBe(0);
    expect((await rollcall('channel', '1.1', '--data', view)).code).toBe(0);
    expect(readdirSync(data).sort()).toEqual(['channels.image', 'events.db', 'lock']);
  });

  test('is read beside a Rollcall that writes it, and after that one was killed', async (context) => {
    const [data, view] = [newDir(), newDir()];
    running = await startDemo(data);
    mountReadOnly(context, data, view);
    expect((await listAsUser(view)).length).toBeGreaterThan(10);
    expect(await verifyAsUser(view)).toBe(0);
    await running.kill9();
    const [readOnly, writable] = [await listAsUser(view), await listAsUser(data)];
    expect(readOnly.length).toBeGreaterThan(10);
    expect(readOnly.map(({ uniqueid }) => uniqueid)).toEqual(writable.map(({ uniqueid }) => uniqueid));
    expect(await verifyAsUser(view)).toBe(0);
  });

  test('that a killed Rollcall left, and that was copied without all its files, is refused with what to do', async (context) => {
    const [data, copy, view] = [newDir(), newDir(), newDir()];
    running = await startDemo(data);
    await running.kill9();
    cpSync(data, copy, { recursive: true });
    rmSync(join(copy, 'events.db-shm'));
    mountReadOnly(context, copy, view);
    for (const command of ['channels', 'verify']) {
      const { code, out, err } = await rollcall(command, '--data', view);
      expect({ code, out }, err).toEqual({ code: 2, out: '' });
      expect(err).toMatch(
        /^LOG_NOT_CLOSED: The event log .* was not closed by its last writer.* Copy the directory.*\n$/,
      );
    }
    expect(await verifyAsUser(copy)).toBe(0);
  });
});

describe('a directory in use', () => {
  test('is refused by what writes, naming the process, and read by what reads', async () => {
    const data = newDir();
    running = await startDemo(data);
    for (const command of writers(data)) {
      const { code, out, err } = await rollcall(...command);
      expect({ code, out }, err).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^DATA_DIR_IN_USE: .*\n$/);
      expect(err).toContain(`in use by process ${running.pid} (`);
    }
    expect((await listAsUser(data)).length).toBeGreaterThan(10);
    expect(await verifyAsUser(data)).toBe(0);
    expect((await running.ready()).status).toBe('ready');
    await running.kill9();
    expect(await importAsUser(data, oneCall)).toMatchObject({ code: 0, said: { live: 1 } });
    expect(await verifyAsUser(data)).toBe(0);
  });
});

test('a directory that is a file, or below one, is refused by everything', async () => {
  const file = join(newDir(), 'file');
  writeFileSync(file, '');
  for (const data of [file, join(file, 'below')]) {
    for (const command of [...writers(data), ['channels', '--data', data], ['verify', '--data', data]]) {
      const { code, err } = await rollcall(...command);
      expect(code, err).toBe(2);
      expect(err).toMatch(/^(DATA_DIR_INVALID|LOG_MISSING): .*\n$/);
    }
  }
});
