// The tests' own view of Kafka, through kcat (librdkafka): it shares no code with the product, so what both got wrong in the same way
// would still be seen.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface KafkaRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970, as the record carries it. */
  readonly timestamp: number;
  readonly key: string | null;
  /** Null: a tombstone. */
  readonly value: string | null;
  /** In the order of the record; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

export interface PartitionState {
  readonly partition: number;
  /** `node.id`; -1 when it has none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

const timeoutMs = 60_000;

/**
 * Every record from the beginning of the topic to the ends that it has now, in order within each partition; of transactions only
 * what was committed. Keys and values must be UTF-8.
 */
export async function readTopic(bootstrap: readonly string[], topic: string): Promise<readonly KafkaRecord[]> {
  const output = await kcat(bootstrap, ['-C', '-t', topic, '-o', 'beginning', '-e', '-J', '-q']);
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { partition, offset, ts, key, payload, headers = [] } = JSON.parse(line);
    return { partition, offset, timestamp: ts, key, value: payload, headers: pairs(headers) };
  });
}

/** Leader and replicas of each partition, as the first broker that answers knows them. Rejects when the topic does not exist. */
export async function partitionsOf(bootstrap: readonly string[], topic: string): Promise<readonly PartitionState[]> {
  const [found] = (await metadata(bootstrap, ['-t', topic])).topics;
  if (!found || found.error) throw new Error(`topic ${topic} at ${bootstrap}: ${found?.error ?? 'not found'}`);
  return found.partitions.map(({ partition, leader, replicas, isrs }) => ({
    partition,
    leader,
    replicas: replicas.map(({ id }) => id),
    inSync: isrs.map(({ id }) => id),
  }));
}

/** The brokers that the cluster counts as alive. */
export async function brokersOf(bootstrap: readonly string[]): Promise<readonly { id: number; address: string }[]> {
  const { brokers } = await metadata(bootstrap, []);
  return brokers.map(({ id, name }) => ({ id, address: name }));
}

/** Resolves when kcat is there; rejects with one line that says how to get it. */
export async function findJudge(): Promise<void> {
  await run(['-V']).catch(() => {
    throw new Error('kcat is missing: apt-get install kcat (macOS: brew install kcat)');
  });
}

/** What `kcat -L -J` prints. */
interface Metadata {
  readonly brokers: readonly { readonly id: number; readonly name: string }[];
  readonly topics: readonly {
    readonly error?: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly leader: number;
      readonly replicas: readonly { readonly id: number }[];
      readonly isrs: readonly { readonly id: number }[];
    }[];
  }[];
}

async function metadata(bootstrap: readonly string[], more: readonly string[]): Promise<Metadata> {
  return JSON.parse(await kcat(bootstrap, ['-L', '-J', ...more]));
}

async function kcat(bootstrap: readonly string[], args: readonly string[]): Promise<string> {
  try {
    return await run(['-b', bootstrap.join(','), ...args]);
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`kcat ${args.join(' ')} at ${bootstrap}: ${said || error}`);
  }
}

async function run(args: readonly string[]): Promise<string> {
  // Settings of the user's own must not change what the judge sees.
  const env = { ...process.env, KCAT_CONFIG: '/dev/null' };
  return (await promisify(execFile)('kcat', args, { env, timeout: timeoutMs, maxBuffer: 2 ** 30 })).stdout;
}

function pairs(flat: readonly (string | null)[]): KafkaRecord['headers'] {
  return flat.flatMap((name, i) => (i % 2 === 0 ? [[name ?? '', flat[i + 1] ?? null] as const] : []));
}
