import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers';
import type { BrokerProcess, KafkaHost, Storage } from './host.ts';
import type { KafkaVersion } from './kafka.ts';

const images: Readonly<Record<KafkaVersion, string>> = { '4': 'apache/kafka:4.4.0', '3.9': 'apache/kafka:3.9.2' };

const script = [
  'exec >> "$CONSOLE" 2>&1',
  '/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$CONFIG"',
  'exec /opt/kafka/bin/kafka-server-start.sh "$CONFIG"',
].join('\n');

/**
 * Kafka in Docker, for machines without Java and Maven. Written without a Docker engine at hand: it has never run. The containers
 * share the host's network and see its temporary directory, so it needs an engine on Linux.
 */
export async function dockerHost(version: KafkaVersion): Promise<KafkaHost> {
  const client = await getContainerRuntimeClient();

  async function launch(storage: Storage, consoleLog: string): Promise<BrokerProcess> {
    const container = await new GenericContainer(images[version])
      .withNetworkMode('host')
      .withUser(`${process.getuid?.()}:${process.getgid?.()}`)
      .withBindMounts([tmpdir(), storage.logDirectory].map((path) => ({ source: path, target: path })))
      .withEnvironment({
        CONFIG: storage.configFile,
        CLUSTER_ID: storage.clusterId,
        CONSOLE: consoleLog,
        LOG_DIR: dirname(consoleLog),
        KAFKA_HEAP_OPTS: '-Xmx256m',
      })
      .withEntrypoint(['sh', '-ec', script])
      .start();
    const engine = client.container.getById(container.getId());
    return {
      // Testcontainers' reaper removes what a dying process leaves.
      pid: undefined,
      exited: engine.wait().then((end: { StatusCode: number }) => `exit code ${end.StatusCode}`),
      signal: async (signal) => void (await engine.kill({ signal })),
    };
  }
  // StorageTool is in the image: each start formats what is not formatted yet.
  return { description: `Docker image ${images[version]}`, format: async () => undefined, launch };
}
