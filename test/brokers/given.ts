import { brokersOf } from './judge.ts';
import type { Broker, Kafka, KafkaOptions, KafkaVersion } from './kafka.ts';

const form = 'ROLLCALL_TEST_KAFKA must be HOST:PORT[,HOST:PORT]';

/** The addresses in ROLLCALL_TEST_KAFKA. Throws when the text is not of that form. */
export function parseGiven(text: string): readonly string[] {
  const addresses = text.split(',').map((part) => part.trim());
  if (addresses.every((address) => /^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(address))) return addresses;
  throw new Error(form);
}

/** The running Kafka at those addresses, whatever its version. Rejects when it does not answer or cannot be what the options ask for. */
export async function givenKafka(
  bootstrap: readonly string[],
  version: KafkaVersion,
  options: KafkaOptions,
): Promise<Kafka> {
  const { brokers: wanted = 1, ...others } = options;
  for (const [option, value] of Object.entries(others)) if (value) notOurs(`the option "${option}"`);
  const brokers = await brokersOf(bootstrap);
  if (brokers.length < wanted) notOurs(`${wanted} brokers (it has ${brokers.length})`);
  return {
    version,
    owned: false,
    bootstrap,
    inside: bootstrap,
    brokers: brokers.map(givenBroker),
    get sasl() {
      return notOurs('a login');
    },
    get tls() {
      return notOurs('TLS');
    },
    stop: async () => undefined,
  };
}

function givenBroker({ id, address }: Pick<Broker, 'id' | 'address'>): Broker {
  return {
    id,
    address,
    log: async () => notOurs("a broker's log"),
    exited: async () => notOurs('exited'),
    kill9: async () => notOurs('kill9'),
    stop: async () => notOurs('stop'),
    start: async () => notOurs('start'),
    pause: async () => notOurs('pause'),
    resume: async () => notOurs('resume'),
  };
}

function notOurs(what: string): never {
  throw new Error(`${what}: not possible with the Kafka of ROLLCALL_TEST_KAFKA, which the tests only use`);
}
