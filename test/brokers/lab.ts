// A real Apache Kafka for tests: one that is given, or one that the tests start themselves.
import { startCluster } from './cluster.ts';
import { givenKafka, parseGiven } from './given.ts';
import type { KafkaHost } from './host.ts';
import { jarsHost } from './jars.ts';
import { findJudge } from './judge.ts';
import type { Kafka, KafkaOptions, KafkaVersion } from './kafka.ts';

export type { Broker, Kafka, KafkaOptions, KafkaUser, KafkaVersion } from './kafka.ts';

export type KafkaFound =
  | { readonly found: true; readonly where: string; start(options?: KafkaOptions): Promise<Kafka> }
  | { readonly found: false; readonly reason: string };

/**
 * Looks for a Kafka of that version: the running one that ROLLCALL_TEST_KAFKA names (whatever its version), else Docker, else the jars
 * (fetched now when they can be, half a minute). CI has the jars and asks no Docker. In CI a missing Kafka is an error; elsewhere the
 * caller gets a reason to skip with.
 */
export async function findKafka(version: KafkaVersion): Promise<KafkaFound> {
  const given = process.env.ROLLCALL_TEST_KAFKA;
  if (given) {
    const bootstrap = parseGiven(given);
    await findJudge();
    const start = (options: KafkaOptions = {}) => givenKafka(bootstrap, version, options);
    return { found: true, where: 'ROLLCALL_TEST_KAFKA', start };
  }
  const reasons: string[] = [];
  for (const [name, open] of Object.entries(process.env.CI ? { jars: jarsHost } : hosts)) {
    try {
      const host = await open(version);
      // Only now: the jars come with kcat where apt may install it.
      await findJudge();
      return { found: true, where: host.description, start: (options = {}) => startCluster(host, version, options) };
    } catch (error) {
      reasons.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const reason = `no Kafka ${version} here (${reasons.join('; ')}). test/brokers/README.md says how to give the tests one.`;
  if (process.env.CI) throw new Error(reason);
  return { found: false, reason };
}

const hosts: Readonly<Record<string, (version: KafkaVersion) => Promise<KafkaHost>>> = {
  // Loaded only when needed: CI never gets here.
  Docker: async (version) => (await import('./docker.ts')).dockerHost(version),
  jars: jarsHost,
};

/** Finds and starts a Kafka. Rejects with the reason when there is none. */
export async function startKafka(options: KafkaOptions & { readonly version: KafkaVersion }): Promise<Kafka> {
  const { version, ...others } = options;
  const kafka = await findKafka(version);
  if (!kafka.found) throw new Error(kafka.reason);
  return kafka.start(others);
}
