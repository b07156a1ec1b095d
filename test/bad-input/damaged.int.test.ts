import { randomFillSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AMI_BANNER, newchannel } from '../support/ami-feed.ts';
import { type RollcallProcess, rollcall, startRollcall } from '../support/rollcall-process.ts';
import { importAsUser, listAsUser, newDir, removeDirs, verifyAsUser } from './as-user.ts';

let running: RollcallProcess | undefined;
afterEach(async () => {
  await running?.kill9();
  running = undefined;
  removeDirs();
});

const CALLS = 2_000;
const calls = Buffer.concat([AMI_BANNER, ...Array.from({ length: CALLS }, (_, n) => newchannel({ id: `1.${n}` }))]);
const nothing = join(import.meta.dirname, '../captures/README.md');

/** Made once; each test damages a copy. */
const imported = mkdtempSync(join(tmpdir(), 'rollcall-imported-'));
beforeAll(async () => {
  expect(await importAsUser(imported, calls)).toMatchObject({ code: 0, said: { live: CALLS } });
});
afterAll(() => rmSync(imported, { recursive: true }));

const importedDir = (): string => {
  const data = newDir();
  cpSync(imported, data, { recursive: true });
  return data;
};

const damage = (file: string, how: (bytes: Buffer) => Buffer): void => writeFileSync(file, how(readFileSync(file)));

const refuse = async (data: string, commands: string[][]): Promise<void> => {
  for (const command of commands) {
    const { code, out, err } = await rollcall(...command, '--data', data);
    expect({ command, code, out }).toEqual({ command, code: 2, out: '' });
    expect(err).toMatch(
      /^LOG_DAMAGED: The event log .*events\.db is damaged: .*\. Restore it from a backup, or .* afresh.*\n$/,
    );
  }
};

const everything = [['channels'], ['verify'], ['start', '--http', 'off'], ['import', '--pbx', 'pbx', '--ami', nothing]];

describe('a damaged database is said in one line that tells what to do', () => {
  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['truncated', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['garbage', (bytes) => randomFillSync(Buffer.alloc(bytes.length))],
    ['of another kind', () => Buffer.from('{"not":"a log"}\n')],
  ];
  test.each(damages)('%s: by everything that opens it', async (_, how) => {
    const data = importedDir();
    damage(join(data, 'events.db'), how);
    await refuse(data, everything);
  });

  test('zeroed in the middle: by everything that reads there', async () => {
    const data = importedDir();
    damage(join(data, 'events.db'), (bytes) => {
      const third = Math.floor(bytes.length / 3 / 4096) * 4096;
      return bytes.fill(0, third, 2 * third);
    });
    await refuse(data, [['verify'], ['channels']]);
    rmSync(join(data, 'channels.image'));
    await refuse(data, everything);
  });

  test('what it advises works: set aside, and start afresh', async () => {
    const data = importedDir();
    damage(join(data, 'events.db'), (bytes) => bytes.subarray(0, 5_000));
    await refuse(data, [['verify']]);
    rmSync(join(data, 'events.db'));
    const { code, err, said } = await importAsUser(data, calls);
    expect({ code, live: said.live }).toEqual({ code: 0, live: CALLS });
    expect(err).toMatch(/^IMAGE_REFUSED: .* it is of another log\..*\n$/);
    expect(await verifyAsUser(data)).toBe(0);
  });
});

describe('a damaged image is said, and the list made anew from the log', () => {
  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['altered in one byte', (bytes) => bytes.fill('\x01', bytes.length - 9, bytes.length - 8)],
    ['truncated', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['garbage', (bytes) => randomFillSync(Buffer.alloc(bytes.length))],
  ];
  test.each(damages)('%s', async (_, how) => {
    const data = importedDir();
    const image = join(data, 'channels.image');
    damage(image, how);
    const verified = await rollcall('verify', '--data', data);
    expect(verified.code).toBe(1);
    expect(verified.err).toMatch(/^IMAGE_REFUSED: The image .*channels\.image is not used: .*\n$/);
    expect(await listAsUser(data)).toHaveLength(CALLS);

    running = await startRollcall({ data, pbxs: {} });
    expect(running.printed()).toMatch(/WARN.*IMAGE_REFUSED: The image .*channels\.image is not used: /);
    expect((await running.list()).channels.filter(({ pbx }) => pbx === 'pbx')).toHaveLength(CALLS);
    expect(await running.stop()).toBe(0);
    const again = await rollcall('verify', '--data', data);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).toMatch(/^image: /m);
  });

  test('a directory in its place is said too, and stays', async () => {
    const data = importedDir();
    const image = join(data, 'channels.image');
    rmSync(image);
    mkdirSync(image);
    const { code, err, said } = await importAsUser(data, Buffer.alloc(0));
    expect({ code, live: said.live }).toEqual({ code: 0, live: CALLS });
    expect(err).toMatch(/^IMAGE_REFUSED: .*\nIMAGE_NOT_SAVED: .*\n$/);
    expect(await listAsUser(data)).toHaveLength(CALLS);
  });
});
