import type { KafkaOptions, KafkaUser } from './kafka.ts';

/** A broker's own part of the cluster. */
export interface BrokerPlace {
  readonly id: number;
  readonly metadataDirectory: string;
  readonly logDirectory: string;
  readonly ports: {
    readonly client: number;
    readonly inside: number;
    readonly controller: number;
    readonly tls: number;
  };
}

export interface Security {
  readonly sasl: { readonly admin: KafkaUser; readonly limited: KafkaUser } | undefined;
  /** File with the private key and the certificate, both PEM. */
  readonly keystore: string | undefined;
}

/** The `server.properties` of one broker of the cluster, as text. */
export function serverProperties(
  place: BrokerPlace,
  all: readonly BrokerPlace[],
  security: Security,
  overrides: KafkaOptions['properties'],
): string {
  const properties = {
    ...identity(place, all),
    ...listeners(place, security),
    ...replication(all.length),
    ...smallAndQuick,
    ...overrides,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function identity(place: BrokerPlace, all: readonly BrokerPlace[]) {
  return {
    'process.roles': 'broker,controller',
    'node.id': place.id,
    'controller.quorum.voters': all.map(({ id, ports }) => `${id}@127.0.0.1:${ports.controller}`).join(','),
    'metadata.log.dir': place.metadataDirectory,
    'log.dirs': place.logDirectory,
  };
}

/** Clients use CLIENT and TLS. Brokers, controllers and the judge use listeners of their own that ask for nothing. */
function listeners({ ports }: BrokerPlace, { sasl, keystore }: Security) {
  const login = sasl ? 'SASL_' : '';
  const named = [
    { name: 'CLIENT', port: ports.client, protocol: `${login}PLAINTEXT`, advertised: true },
    { name: 'INSIDE', port: ports.inside, protocol: 'PLAINTEXT', advertised: true },
    { name: 'CONTROLLER', port: ports.controller, protocol: 'PLAINTEXT', advertised: false },
    ...(keystore ? [{ name: 'TLS', port: ports.tls, protocol: `${login}SSL`, advertised: true }] : []),
  ];
  const addresses = (of: typeof named) => of.map(({ name, port }) => `${name}://127.0.0.1:${port}`).join(',');
  return {
    listeners: addresses(named),
    'advertised.listeners': addresses(named.filter(({ advertised }) => advertised)),
    'listener.security.protocol.map': named.map(({ name, protocol }) => `${name}:${protocol}`).join(','),
    'inter.broker.listener.name': 'INSIDE',
    'controller.listener.names': 'CONTROLLER',
    ...(keystore && { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': keystore }),
    ...(sasl && {
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.client.plain.sasl.jaas.config': plainLogin([sasl.admin, sasl.limited]),
      'listener.name.tls.plain.sasl.jaas.config': plainLogin([sasl.admin, sasl.limited]),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Who comes through INSIDE or CONTROLLER has no name.
      'super.users': `User:${sasl.admin.username};User:ANONYMOUS`,
    }),
  };
}

function plainLogin(users: readonly KafkaUser[]): string {
  const known = users.map(({ username, password }) => `user_${username}="${password}"`);
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${known.join(' ')};`;
}

function replication(brokers: number) {
  const [replicas, inSync] = brokers === 1 ? [1, 1] : [3, 2];
  return {
    // So long partitions stay with a broker that is dead or paused (9 s by default), and so long a killed one must wait before it is
    // let in again. Alone, nobody can take over from it.
    'broker.session.timeout.ms': brokers === 1 ? 3_000 : 6_000,
    'broker.heartbeat.interval.ms': 500,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
  };
}

const smallAndQuick = {
  'auto.create.topics.enable': false,
  'offsets.topic.num.partitions': 1,
  'transaction.state.log.num.partitions': 1,
  'group.initial.rebalance.delay.ms': 0,
  // 128 MiB by default: half of all that a broker takes.
  'log.cleaner.dedupe.buffer.size': 8 * 2 ** 20,
  'num.network.threads': 2,
  'num.io.threads': 4,
  'background.threads': 2,
};
