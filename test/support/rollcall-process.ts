import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Channel, Pbx } from '@rollcall/channel';

const ROOT = join(import.meta.dirname, '../..');
/** The program itself. */
export const BIN = join(ROOT, 'services/cli/bin/rollcall.js');

/** `rollcall ARGS` as a user runs it, to its end. */
export const rollcall = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [BIN, ...args], { maxBuffer: 1 << 28 });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
};

export type ServedList = { position: number; now: number; pbxs: Pbx[]; channels: Channel[] };

/** A `rollcall start` of its own process, served on a free port of loopback. */
export type RollcallProcess = {
  url: string;
  pid: number;
  /** What it printed so far. */
  printed: () => string;
  list: () => Promise<ServedList>;
  ready: () => Promise<{ status: string; pbxs: { name: string; state: string; reason?: string }[] }>;
  /** Waits until the PBX is in that state. */
  until: (pbx: string, state: string) => Promise<number>;
  kill9: () => Promise<void>;
  /** SIGTERM, or what is given, one after the other at once; resolves with the exit code, null when a signal ended it. */
  stop: (...signals: NodeJS.Signals[]) => Promise<number | null>;
};

export const startRollcall = async (options: {
  data: string;
  pbxs: Record<string, string>;
  args?: string[];
}): Promise<RollcallProcess> => {
  const pbxs = Object.entries(options.pbxs).flatMap(([name, url]) => ['--pbx', `${name}=${url}`]);
  const args = [BIN, 'start', '--data', options.data, '--http', '127.0.0.1:0', ...pbxs, ...(options.args ?? [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  // A test that fails must not leave it running.
  const reap = (): boolean => child.kill('SIGKILL');
  process.once('exit', reap);
  child.once('exit', () => process.off('exit', reap));
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  child.stderr.on('data', (data) => {
    text += data;
  });
  const url = await served(child, () => text);
  const get = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;
  const ready = () => get<Awaited<ReturnType<RollcallProcess['ready']>>>('/readyz');
  const exited = once(child, 'exit');
  return {
    url,
    pid: child.pid ?? 0,
    printed: () => text,
    list: () => get<ServedList>('/v1/channels'),
    ready,
    until: (pbx, state) => {
      let last: { state: string; reason?: string } | undefined;
      return waitFor(
        () => `${pbx} ${state}: it is ${last?.state} ${last?.reason ?? ''}\n${text.slice(-2000)}`,
        async () => {
          last = (await ready()).pbxs.find(({ name }) => name === pbx);
          return last?.state === state;
        },
      );
    },
    kill9: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async (...signals) => {
      for (const signal of signals.length ? signals : (['SIGTERM'] as const)) child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
};

const served = async (child: ChildProcess, printed: () => string): Promise<string> => {
  let url: string | undefined;
  await waitFor('rollcall to serve', () => {
    if (child.exitCode !== null) throw new Error(`rollcall ended with ${child.exitCode}: ${printed()}`);
    url = /(http:\/\/127\.0\.0\.1:\d+)\/ari\/channels/.exec(printed())?.[1];
    return url !== undefined;
  });
  return url ?? '';
};

/** Waits for a condition; fails, naming it as it is called then, when it does not come within `limit` milliseconds. */
export const waitFor = async (
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  limit = 60_000,
): Promise<number> => {
  const begin = performance.now();
  while (!(await condition())) {
    if (performance.now() - begin > limit) {
      throw new Error(`waited ${limit} ms in vain for ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - begin;
};
