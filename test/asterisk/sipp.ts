import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SipAccess } from './pbx.ts';

export interface SippCalls {
  /** Extension that is called. */
  readonly exten: string;
  readonly perSecond: number;
  /** Number of calls, after which SIPp ends. */
  readonly calls: number;
  /** How long the caller stays before hanging up, in ms. */
  readonly holdMs: number;
}

const lastCallGraceMs = 3_000;
const children = new Set<ChildProcess>();
const directories = new Set<string>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Whether SIPp is there. In CI a missing SIPp is an error; elsewhere it is said loudly and traffic goes on without SIP. */
export function hasSipp(): boolean {
  if (spawnSync('sipp', ['-v']).error === undefined) return true;
  const reason = 'no sipp on this machine: no SIP calls in the traffic. On Debian: apt-get install sip-tester';
  if (process.env.CI) throw new Error(reason);
  console.warn(reason);
  return false;
}

/** A phone that answers every call at the address where `Dial(PJSIP/phone)` looks for one. Call the result to end it. */
export function startPhone(sip: SipAccess): () => void {
  const port = ['-p', String(sip.phonePort), '-mp', String(sip.mediaPort)];
  const phone = startSipp(['-sn', 'uas', '-i', '127.0.0.1', ...port]);
  return () => phone.child.kill('SIGKILL');
}

/**
 * Makes SIP calls and resolves with how many were made. Calls that fail (busy, transferred, hung up by the other side, PBX gone) count
 * too. Never takes much longer than the calls do: a SIPp that is late is killed.
 */
export async function makeSipCalls(sip: SipAccess, mediaOffset: number, calls: SippCalls): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-sipp-'));
  directories.add(directory);
  const statistics = join(directory, 'statistics.csv');
  const what = ['-sn', 'uac', '-s', calls.exten, '-m', String(calls.calls), '-d', String(calls.holdMs)];
  // SIPp takes whole numbers of calls a period: ten seconds lets a rate have one decimal.
  const pace = ['-r', String(Math.max(1, Math.round(calls.perSecond * 10))), '-rp', '10000'];
  const where = ['-i', '127.0.0.1', '-mp', String(sip.mediaPort + mediaOffset), `${sip.host}:${sip.port}`];
  const { child, ended } = startSipp([...what, ...pace, '-trace_stat', '-stf', statistics, '-fd', '1', ...where]);
  const limitMs = (calls.calls / calls.perSecond) * 1000 + calls.holdMs + lastCallGraceMs;
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  try {
    const { code, output } = await ended;
    // 0: all calls went well. 1: some did not. 97 and 99: ended otherwise, yet in order. null: killed.
    if (code !== null && ![0, 1, 97, 99].includes(code)) {
      throw new Error(`sipp to ${calls.exten} ended with ${code}: ${output.trim().slice(-400)}`);
    }
    return await callsCreated(statistics);
  } finally {
    clearTimeout(timer);
    await rm(directory, { recursive: true, force: true });
    directories.delete(directory);
  }
}

function startSipp(args: readonly string[]) {
  // Where setpriv exists SIPp dies with us, even when we get SIGKILL.
  const command = [
    ...(process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL'] : []),
    'sipp',
    ...args,
    '-nostdin',
  ];
  const child = spawn(command[0] ?? 'sipp', command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() });
  children.add(child);
  let output = '';
  child.stderr.on('data', (data) => {
    output = `${output}${data}`.slice(-4_000);
  });
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      children.delete(child);
      resolve({ code, output });
    });
  });
  return { child, ended };
}

async function callsCreated(statistics: string): Promise<number> {
  const text = await readFile(statistics, 'utf8').catch(() => '');
  const rows = text.trim().split('\n');
  const column = rows[0]?.split(';').indexOf('TotalCallCreated') ?? -1;
  return rows.length < 2 ? 0 : Number(rows.at(-1)?.split(';')[column] ?? 0);
}
