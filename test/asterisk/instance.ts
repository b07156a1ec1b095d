import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AsteriskHost, AsteriskProcess } from './host.ts';
import { writeInstance } from './instance-files.ts';
import { connectJudge } from './judge.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';
import { takePortBlock } from './ports.ts';

const bootTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** Starts an Asterisk of our own: own directories, own loopback ports, own users with random secrets. Resolves once it is fully booted. */
export async function startInstance(host: AsteriskHost, version: AsteriskVersion, systemname: string): Promise<Pbx> {
  await removeLeftovers(host);
  const ports = await takePortBlock();
  const directory = join(host.instances, `${systemname}-${randomBytes(4).toString('hex')}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'owner.pid'), String(process.pid));
  const access = await writeInstance(host, directory, systemname, ports);
  const configFile = host.inside(join(directory, 'etc/asterisk.conf'));
  let running: AsteriskProcess | undefined;

  const dieWithUs = () => {
    running?.killNow();
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', dieWithUs);

  async function start(): Promise<void> {
    if (running) throw new Error(`${systemname} is already running`);
    const asterisk = await host.launch(configFile, join(directory, 'log/console'));
    running = asterisk;
    let ended: string | undefined;
    void asterisk.exited.then((reason) => {
      ended = reason;
      if (running === asterisk) running = undefined;
    });
    const deadline = performance.now() + bootTimeoutMs;
    let last = '';
    while (performance.now() < deadline) {
      if (ended !== undefined) throw new Error(`${systemname} ended while it booted: ${ended}\n${logTail()}`);
      try {
        const judge = await connectJudge(access.ami);
        await Promise.race([
          judge.fullyBooted,
          asterisk.exited,
          delay(deadline - performance.now(), undefined, { ref: false }),
        ]);
        judge.close();
        if (ended === undefined && performance.now() < deadline) return;
      } catch (error) {
        last = String(error);
        await delay(50);
      }
    }
    await end('SIGKILL');
    throw new Error(`${systemname} is not fully booted after ${bootTimeoutMs} ms: ${last}\n${logTail()}`);
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const asterisk = running;
    if (!asterisk) return;
    await asterisk.signal(signal);
    const timer = setTimeout(() => void asterisk.signal('SIGKILL'), stopTimeoutMs);
    await asterisk.exited;
    clearTimeout(timer);
  }

  function logTail(): string {
    const lines = ['log/console', 'log/messages'].flatMap((file) => {
      try {
        return readFileSync(join(directory, file), 'utf8').trim().split('\n').slice(-8);
      } catch {
        return [];
      }
    });
    return lines.join('\n');
  }

  const pbx: Pbx = {
    version,
    systemname,
    owned: true,
    ...access,
    cli: async (command) => {
      if (!running) throw new Error(`${systemname} is not running: no CLI`);
      return running.run(['asterisk', '-C', configFile, '-rx', command]);
    },
    kill9: () => end('SIGKILL'),
    start,
    stop: async () => {
      await end('SIGTERM');
      ports.release();
      process.off('exit', dieWithUs);
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await start();
  } catch (error) {
    await pbx.stop();
    throw error;
  }
  return pbx;
}

/** Ends and removes instances whose test process died without a word. Asterisk dies with it on Linux; its directory stays. */
async function removeLeftovers(host: AsteriskHost): Promise<void> {
  await mkdir(host.instances, { recursive: true });
  for (const name of await readdir(host.instances)) {
    const directory = join(host.instances, name);
    const owner = await readFile(join(directory, 'owner.pid'), 'utf8').catch(() => undefined);
    if (owner === undefined || isAlive(Number(owner))) continue;
    const asterisk = Number(await readFile(join(directory, 'run/asterisk.pid'), 'utf8').catch(() => '0'));
    const commandLine = await readFile(`/proc/${asterisk}/cmdline`, 'utf8').catch(() => '');
    // A pid may belong to somebody else by now: only a process started with this very configuration is ours.
    if (commandLine.includes(host.inside(directory))) process.kill(asterisk, 'SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
