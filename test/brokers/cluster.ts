import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OwnBroker, ownBroker } from './broker.ts';
import { makeKeystore } from './certificate.ts';
import type { KafkaHost } from './host.ts';
import { brokersOf } from './judge.ts';
import type { Kafka, KafkaOptions, KafkaVersion } from './kafka.ts';
import { type PortBlock, takePortBlock } from './ports.ts';
import { type BrokerPlace, serverProperties } from './server-properties.ts';
import { watchOver } from './watchdog.ts';

const metadataTimeoutMs = 30_000;

/** Starts a Kafka of our own: own directory, own loopback ports, own users with random secrets. Resolves once every broker serves clients. */
export async function startCluster(host: KafkaHost, version: KafkaVersion, options: KafkaOptions): Promise<Kafka> {
  const ports = await takePortBlock();
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-kafka-'));
  const watchdog = watchOver(directory);
  const brokers: OwnBroker[] = [];
  const guard = () => watchdog.guard(brokers.flatMap((broker) => broker.pid() ?? []));

  async function stop(): Promise<void> {
    await Promise.all(brokers.map((broker) => broker.kill9()));
    await watchdog.end();
    ports.release();
  }

  try {
    const places = Array.from({ length: options.brokers ?? 1 }, (_, i) => place(i, directory, ports, options));
    const sasl = options.sasl ? { admin: user('admin'), limited: user('limited') } : undefined;
    const tls = options.tls ? await makeKeystore(directory) : undefined;
    const clusterId = randomBytes(16).toString('base64url');
    for (const place of places) {
      const home = join(directory, `broker-${place.id}`);
      const { metadataDirectory, logDirectory } = place;
      const configFile = join(home, 'server.properties');
      const storage = { configFile, clusterId, nodeId: place.id, metadataDirectory, logDirectory };
      await mkdir(home);
      const keystore = tls?.keystore;
      await writeFile(configFile, serverProperties(place, places, { sasl, keystore }, options.properties));
      await host.format(storage);
      const who = { id: place.id, address: loopback(place.ports.client) };
      brokers.push(ownBroker(host, who, storage, join(home, 'console.log'), guard));
    }
    await Promise.all(brokers.map((broker) => broker.start()));
    await Promise.all(places.map((place) => seesAll(loopback(place.ports.inside), brokers.length)));
    return {
      version,
      owned: true,
      bootstrap: brokers.map((broker) => broker.address),
      inside: places.map((place) => loopback(place.ports.inside)),
      brokers,
      get sasl() {
        return sasl ?? notAskedFor('sasl');
      },
      get tls() {
        if (!tls) return notAskedFor('tls');
        return { bootstrap: places.map((place) => loopback(place.ports.tls)), ca: tls.ca };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function place(i: number, directory: string, ports: PortBlock, options: KafkaOptions): BrokerPlace {
  const home = join(directory, `broker-${i + 1}`);
  const port = (n: number) => ports.port(4 * i + n);
  return {
    id: i + 1,
    metadataDirectory: join(home, 'metadata'),
    logDirectory: options.logDirectory?.(i) ?? join(home, 'log'),
    ports: { client: port(0), inside: port(1), controller: port(2), tls: port(3) },
  };
}

/** A broker may have fallen behind while the others started: on a busy machine it is then fenced for a moment. */
async function seesAll(address: string, count: number): Promise<void> {
  const deadline = performance.now() + metadataTimeoutMs;
  for (;;) {
    const { length } = await brokersOf([address]);
    if (length === count) return;
    if (performance.now() > deadline) throw new Error(`${address} sees ${length} of ${count} brokers`);
    await delay(50);
  }
}

function user(username: string) {
  return { username, password: randomBytes(12).toString('hex') };
}

function loopback(port: number): string {
  return `127.0.0.1:${port}`;
}

function notAskedFor(option: keyof KafkaOptions): never {
  throw new Error(`this Kafka was started without the option "${option}"`);
}
