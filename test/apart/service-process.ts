import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BIN, waitFor } from '../support/rollcall-process.ts';

/** A service of Rollcall in a process of its own, with its HTTP on a free port of loopback. */
export type ServiceProcess = {
  url: string;
  printed: () => string;
  get: <T>(path: string) => Promise<{ status: number; body: T }>;
  /** What `/readyz` says, once it is ready. */
  ready: () => Promise<number>;
  kill9: () => Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop: () => Promise<number | null>;
};

export const startService = async (service: string, ...args: string[]): Promise<ServiceProcess> => {
  const child = spawn(process.execPath, [BIN, service, '--http', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test that fails must not leave it running.
  const reap = (): boolean => child.kill('SIGKILL');
  process.once('exit', reap);
  child.once('exit', () => process.off('exit', reap));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      text += data;
    });
  }
  const exited = once(child, 'exit');
  let url = '';
  await waitFor(`${service} to serve`, () => {
    if (child.exitCode !== null) throw new Error(`${service} ended with ${child.exitCode}: ${text}`);
    url = /(http:\/\/127\.0\.0\.1:\d+)\/readyz/.exec(text)?.[1] ?? '';
    return url !== '';
  });
  const get = async <T>(path: string): Promise<{ status: number; body: T }> => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: (await response.json()) as T };
  };
  return {
    url,
    printed: () => text,
    get,
    ready: async () => {
      try {
        return await waitFor(`${service} to be ready`, async () => (await get('/readyz')).status === 200, 60_000);
      } catch (error) {
        throw new Error(`${error}: ${JSON.stringify((await get('/readyz')).body)}\n${text.slice(-2000)}`);
      }
    },
    kill9: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
  };
};
