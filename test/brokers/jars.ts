import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BrokerProcess, KafkaHost, Storage } from './host.ts';
import type { KafkaVersion } from './kafka.ts';

/** Java with the broker's jars, fetched now if they are not there yet (half a minute). Rejects with one line that says why it cannot be. */
export async function jarsHost(version: KafkaVersion): Promise<KafkaHost> {
  const root = await provision(version);
  return {
    description: root,
    format: (storage) => format(root, storage),
    launch: async (storage, consoleLog) => launch(root, storage.configFile, consoleLog),
  };
}

async function provision(version: KafkaVersion): Promise<string> {
  const script = join(import.meta.dirname, 'provision.sh');
  try {
    return (await promisify(execFile)('bash', [script, version])).stdout.trim();
  } catch (error) {
    const said =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : undefined;
    throw new Error(said || String(error));
  }
}

/** StorageTool formatted one directory when the jars came; a copy under other ids saves a start of Java for every broker. */
async function format(root: string, storage: Storage): Promise<void> {
  await cp(join(root, 'formatted'), storage.metadataDirectory, { recursive: true });
  for (const directory of [storage.metadataDirectory, storage.logDirectory]) {
    const id = randomBytes(16).toString('base64url');
    const meta = { version: 1, 'cluster.id': storage.clusterId, 'node.id': storage.nodeId, 'directory.id': id };
    const lines = Object.entries(meta).map(([name, value]) => `${name}=${value}\n`);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'meta.properties'), lines.join(''));
  }
}

function launch(root: string, configFile: string, consoleLog: string): BrokerProcess {
  const log = openSync(consoleLog, 'a');
  const child = spawn('java', ['@java.args', 'kafka.Kafka', configFile], { stdio: ['ignore', log, log], cwd: root });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return { pid: child.pid, exited, signal: async (signal) => void child.kill(signal) };
}
