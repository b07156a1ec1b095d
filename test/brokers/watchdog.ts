import { spawn } from 'node:child_process';

export interface Watchdog {
  /** These processes, and no others, are to die with us. */
  guard(pids: readonly number[]): void;
  /** Kills what it guards, removes the directory, and resolves when that is done. */
  end(): Promise<void>;
}

/**
 * A shell that outlives us for a moment, whatever ends us, SIGKILL included: its standard input then ends, and it kills the processes
 * that it guards and removes the directory.
 */
export function watchOver(directory: string): Watchdog {
  // A killed broker may still be writing while its directory goes, hence more than one try.
  const script = [
    'while read -r line; do pids=$line; done',
    '[ -z "$pids" ] || kill -9 $pids',
    'for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$0" && exit; sleep 0.2; done',
  ].join('\n');
  // Detached, so that Ctrl-C in a terminal reaches us and not the shell.
  const shell = spawn('sh', ['-c', script, directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  const exited = new Promise<void>((resolve, reject) => {
    shell.once('error', reject);
    shell.once('exit', () => resolve());
  });
  exited.catch(() => undefined);
  return {
    guard: (pids) => void shell.stdin.write(`${pids.join(' ')}\n`),
    end: async () => {
      shell.stdin.end();
      await exited;
    },
  };
}
