import { execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AsteriskHost, AsteriskProcess } from './host.ts';
import type { AsteriskVersion } from './pbx.ts';

const execute = promisify(execFile);

/** The chroot of that release, made now if it is not there yet (about a minute). Rejects with one line that says why it cannot be. */
export async function chrootHost(version: AsteriskVersion): Promise<AsteriskHost> {
  const root = await provision(version);
  const user = (await readFile(join(root, 'etc/passwd'), 'utf8')).match(/^asterisk:[^:]*:(\d+):(\d+):/m);
  if (!user) throw new Error(`${root} has no user "asterisk"; delete the folder, it is made again`);
  const owner = { uid: Number(user[1]), gid: Number(user[2]) };
  return {
    description: `chroot ${root}`,
    instances: join(root, 'srv/rollcall'),
    inside: (path) => path.slice(root.length),
    owner,
    launch: async (configFile, consoleLog) => launch(root, configFile, consoleLog),
  };
}

async function provision(version: AsteriskVersion): Promise<string> {
  const script = join(import.meta.dirname, 'provision.sh');
  try {
    return (await execute('bash', [script, version])).stdout.trim();
  } catch (error) {
    const said =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : undefined;
    throw new Error(said || String(error));
  }
}

async function launch(root: string, configFile: string, consoleLog: string): Promise<AsteriskProcess> {
  // Each of these programs becomes the next one, so the child's process is Asterisk itself. It dies with us, even when we get SIGKILL
  // (setpriv, which wants /proc), and takes its mount with it (unshare).
  const command = [
    'mount -t proc proc "$0/proc"',
    'exec chroot --userspec=asterisk:asterisk "$0" setpriv --pdeathsig KILL asterisk -f -C "$1"',
  ].join(' && ');
  const log = openSync(consoleLog, 'a');
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', command, root, configFile], {
    stdio: ['ignore', log, log],
    cwd: '/',
    env: chrootEnv,
  });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return {
    exited,
    killNow: () => child.kill('SIGKILL'),
    signal: async (signal) => void child.kill(signal),
    run: async (program) =>
      (await execute('chroot', ['--userspec=asterisk:asterisk', root, ...program], { env: chrootEnv, timeout: 20_000 }))
        .stdout,
  };
}

const chrootEnv = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
