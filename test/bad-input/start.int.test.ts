import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { AMI_BANNER, newchannel } from '../support/ami-feed.ts';
import { BIN, type RollcallProcess, rollcall, startRollcall } from '../support/rollcall-process.ts';
import { importAsUser, newDir, removeDirs, verifyAsUser } from './as-user.ts';

let running: RollcallProcess | undefined;
afterEach(async () => {
  await running?.kill9();
  running = undefined;
  removeDirs();
});

const oneCall = Buffer.concat([AMI_BANNER, newchannel({ id: '1.1' })]);
const S = 'hunter2';

describe('start refuses in one line, and lets go of the directory', () => {
  test.each<[string, string[], RegExp]>([
    [
      'an address that others can reach',
      ['--http', '0.0.0.0:0'],
      /^HTTP_NOT_LOOPBACK: 0\.0\.0\.0:0 .* --http-open\.\n$/,
    ],
    ['an address that is none', ['--http', 'nowhere'], /^SETTINGS_WRONG: http .*\(on the command line\)\..*\n$/],
    ['a PBX without a name', ['--pbx', `ami://u:${S}=@h`], /^SETTINGS_WRONG: number 1 of --pbx .*\n$/],
    ['a PBX of another kind', ['--pbx', `a=http://u:${S}@h`], /^PBX_ADDRESS: PBX a: .*\n$/],
    ['a config file that is not there', ['--config', '/nowhere.yaml'], /^SETTINGS_WRONG: .*nowhere\.yaml.*\n$/],
  ])('%s', async (_, args, line) => {
    const data = newDir();
    const { code, out, err } = await rollcall('start', '--data', data, '--http', '127.0.0.1:0', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(line);
    expect(err).not.toContain(S);
    expect(await importAsUser(data, oneCall)).toMatchObject({ code: 0 });
  });

  test('a port in use', async () => {
    running = await startRollcall({ data: newDir(), pbxs: {} });
    const [data, { host }] = [newDir(), new URL(running.url)];
    const { code, out, err } = await rollcall('start', '--data', data, '--http', host);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(new RegExp(`^HTTP_PORT_IN_USE: ${host} is in use by another program\\..*\n$`));
    expect(await importAsUser(data, oneCall)).toMatchObject({ code: 0 });
    expect(await verifyAsUser(data)).toBe(0);
    expect((await running.ready()).status).toBe('ready');
  });
});

test('what is wrong in the environment is said by what needs it, and keeps nobody from the help', async () => {
  const path = join(newDir(), 'rollcall.yaml');
  writeFileSync(path, 'data: x\nstaleAfter: soon\n');
  const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, ROLLCALL_CONFIG: path };
      execFile(process.execPath, [BIN, ...args], { env }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
      );
    });
  expect(await run('--help')).toMatchObject({ code: 0, err: '' });
  expect(await run('channels', '--help')).toMatchObject({ code: 0, err: '' });
  const { code, err } = await run('channels');
  expect(code).toBe(2);
  expect(err).toMatch(/^SETTINGS_WRONG: staleAfter is not a duration.*rollcall\.yaml line 2\)\..*\n$/);
});

test('what is asked over HTTP of the past is answered from the log, or refused with the reason', async () => {
  const data = newDir();
  await importAsUser(data, oneCall);
  running = await startRollcall({ data, pbxs: {} });
  const { url } = running;
  const ask = async (path: string): Promise<[number, { code?: string; channels?: { uniqueid: string }[] }]> => {
    const response = await fetch(`${url}${path}`);
    return [response.status, (await response.json()) as { code?: string; channels?: { uniqueid: string }[] }];
  };
  // PbxConnected, PbxBooted, ChannelCreated, PbxDisconnected.
  expect(await ask('/v1/channels?at=3')).toMatchObject([200, { channels: [{ uniqueid: '1.1' }] }]);
  expect(await ask('/v1/channels?at=2')).toMatchObject([200, { channels: [] }]);
  expect(await ask('/v1/channels?at=2001-01-01')).toMatchObject([200, { channels: [] }]);
  expect(await ask('/v1/channels?at=-10m&pbx=nobody')).toMatchObject([200, { channels: [] }]);
  expect(await ask('/v1/channels?at=999999999')).toMatchObject([400, { code: 'AT_BEYOND_LOG' }]);
  expect(await ask('/v1/channels?at=yesterday')).toMatchObject([400, { code: 'AT_UNCLEAR' }]);
  expect(await ask('/v1/channels?at=')).toMatchObject([400, { code: 'AT_UNCLEAR' }]);
  expect(await running.stop()).toBe(0);
  expect(existsSync(join(data, 'lock.json'))).toBe(false);
});
