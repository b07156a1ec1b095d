import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type OtherProcess = {
  readonly pid: number;
  /** What it has printed. */
  readonly lines: readonly string[];
  /** Resolves once it has printed so many lines, or has ended. */
  printed(count: number): Promise<void>;
  /** Ends it as a crash does; resolves when nothing of it is left. */
  kill(): Promise<void>;
  ended: Promise<void>;
};

const logProcess = join(import.meta.dirname, 'log-process.ts');
const running = new Set<ChildProcess>();

/** So that a test that fails leaves nothing behind. */
export const killOtherProcesses = (): void => {
  for (const child of running) child.kill('SIGKILL');
};
process.on('exit', killOtherProcesses);

/** For tests: starts log-process.ts, or `program`; as an unprivileged user, for whom permissions count, when asked. */
export const otherProcess = (args: string[], { unprivileged = false, program = logProcess } = {}): OtherProcess => {
  const asNobody = unprivileged && process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...asNobody });
  running.add(child);
  const lines: string[] = [];
  let look = (): void => {};
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => {
    lines.push(line);
    look();
  });
  const ended = Promise.all([once(child, 'close'), once(reading, 'close')]).then(() => {
    running.delete(child);
  });
  return {
    pid: child.pid ?? 0,
    lines,
    printed: (count) =>
      Promise.race([
        ended,
        new Promise<void>((resolve) => {
          look = () => {
            if (lines.length >= count) resolve();
          };
          look();
        }),
      ]),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
  };
};
