import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallLog, connect, createCallLog, inDialplan } from '../testing/call-log.ts';

const BIN = fileURLToPath(new URL('../../bin/rollcall.js', import.meta.url));

let calls: CallLog;
beforeAll(async () => {
  calls = createCallLog();
  await connect(calls);
  for (let n = 0; n < 300; n++) await calls.channel(`1.${n}`, inDialplan(`PJSIP/alice-${n}`, n));
});
afterAll(() => calls.end());

/** Runs the program as a shell does, in a pipe; `enough` of its output ends the reading. */
const rollcall = (args: string[], enough?: (out: string) => 'close' | NodeJS.Signals | undefined) =>
  new Promise<{ out: string; err: string; status: number | null }>((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env.PATH, ROLLCALL_DATA: calls.data, FORCE_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    let ended = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const how = ended ? undefined : enough?.(out);
      if (how === undefined) return;
      ended = true;
      if (how === 'close') child.stdout.destroy();
      else child.kill(how);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (status) => resolve({ out, err, status }));
  });

describe('in a pipe', () => {
  test('channels prints the list without colours and ends with 0', async () => {
    const { out, err, status } = await rollcall(['channels']);
    expect(out).not.toContain('\x1b');
    expect(out).toContain('\n300 active channels\n');
    expect(out.split('\n')).toHaveLength(304);
    expect({ err, status }).toEqual({ err: '', status: 0 });
  });
  test('a reader that has seen enough is no error', async () => {
    const { err, status } = await rollcall(['channels', '--ndjson'], () => 'close');
    expect({ err, status }).toEqual({ err: '', status: 0 });
  });
  test('watch goes on until it is interrupted, and ends with 0', async () => {
    let later: Promise<unknown> | undefined;
    const { out, err, status } = await rollcall(['watch'], (seen) => {
      if (seen.includes('alice-299')) later ??= calls.channel('1.300', inDialplan('PJSIP/later-300', 300));
      return seen.includes('later-300') ? 'SIGINT' : undefined;
    });
    await later;
    expect(out.trimEnd().split('\n')).toHaveLength(302);
    expect({ err, status }).toEqual({ err: '', status: 0 });
  });
  test('a channel that is not there: one line, status 1', async () => {
    expect(await rollcall(['channel', '9.9'])).toEqual({
      out: '',
      err: 'No channel "9.9" is in the log.\n',
      status: 1,
    });
  });
  test('what cannot be done: one line with what to do, status 2', async () => {
    const { out, err, status } = await rollcall(['channels', '--filter', 'colour=red']);
    expect({ out, status }).toEqual({ out: '', status: 2 });
    expect(err).toMatch(/^FILTER_FIELD: .* Possible are: .*\n$/);
  });
  test.each(['channels', 'channel', 'watch'])('%s --help teaches with examples', async (command) => {
    const { out, status } = await rollcall([command, '--help']);
    expect(out).toContain('Examples:\n  rollcall ');
    expect(status).toBe(0);
  });
});
