import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DomainEvent, type NewEvent, pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { channelLives } from '../bench/channel-lives.ts';
import { BIN } from '../support/rollcall-process.ts';

const dirs: string[] = [];

export const newDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-operations-'));
  dirs.push(dir);
  return dir;
};

export const removeDirs = (): void => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
};

export type Ran = { code: number | null; signal: NodeJS.Signals | null; out: string; err: string };

export type RunOptions = {
  env?: Record<string, string>;
  /** Told of everything that was printed so far; may send signals. */
  printed?: (text: string, child: ChildProcess) => void;
};

const run = (command: string, args: string[], { env = {}, printed }: RunOptions): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ran: Ran = { code: null, signal: null, out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ran.out += text;
      printed?.(ran.out + ran.err, child);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ran.err += text;
      printed?.(ran.out + ran.err, child);
    });
    child.on('close', (code, signal) => resolve({ ...ran, code, signal }));
  });

/** `rollcall ARGS` as a script runs it: in a pipe. */
export const inPipe = (args: string[], options: RunOptions = {}): Promise<Ran> =>
  run(process.execPath, [BIN, ...args], options);

const SCRIPT = '/usr/bin/script';

export const hasTerminal = ((): boolean => {
  try {
    accessSync(SCRIPT, constants.X_OK);
    return process.platform === 'linux';
  } catch {
    return false;
  }
})();

/** `rollcall ARGS` on a terminal, which shows `out` and `err` as one. */
export const onTerminal = (args: string[], options: RunOptions = {}): Promise<Ran> => {
  const quoted = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
  return run(SCRIPT, ['-qefc', quoted, '/dev/null'], options);
};

const META = { time: 1_760_000_000_000, pbx: 'pbx-a', boot: 3, source: 'ami', schema: SCHEMA_VERSION } as const;
const eventOf = (event: DomainEvent): NewEvent => ({ ...event, id: crypto.randomUUID(), ...META });

/**
 * A data directory whose log has so many events of the lives of channels, on a PBX `pbx-a` that was lost; one of its streams is set
 * aside at an event that cannot be read, and two wait behind it.
 */
export const logWith = async (events: number, data = newDir()): Promise<string> => {
  const log = openEmbeddedLog({ dir: data, world: systemWorld });
  await log.append(pbxStream('pbx-a'), 'none', [
    eventOf({ type: 'PbxConnected', data: { source: 'ami' } }),
    eventOf({ type: 'PbxBooted', data: { boot: 3, evidence: 'first-seen' } }),
  ]);
  const lives = channelLives(events);
  for (let from = 0; from < lives.length; from += 1_000) {
    const batch = lives.slice(from, from + 1_000);
    await Promise.all(batch.map(({ stream, expected, event }) => log.append(stream, expected, [event])));
  }
  const heads = await log.heads(lives.map(({ stream }) => stream));
  const [stream = '', head] = [...heads].find(([, { closed, revision: at }]) => !closed && at > 0) ?? [];
  await log.append(stream, head?.revision ?? 'none', [
    eventOf({ type: 'ChannelStateChanged', data: JSON.parse('{"state":"six"}') }),
    eventOf({ type: 'ChannelStateChanged', data: { state: 6 } }),
    eventOf({ type: 'DialplanMoved', data: { priority: 9 } }),
  ]);
  await log.append(pbxStream('pbx-a'), revision(1), [eventOf({ type: 'PbxDisconnected', data: { reason: 'x' } })]);
  await log.close();
  return data;
};

/** Events that `logWith` adds to those of the lives. */
export const ADDED = 6;
