import type { Command } from 'commander';

/** For options that may be given more than once. */
export const collect = (text: string, all: string[] = []): string[] => [...all, text];

/** Where the log is. */
export const engineOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory (default: rollcall-data)')
    .option('--log <engine>', 'embedded, kafka, eventstore, or an address: kafka://, kafkas://, esdb://, kurrentdb://')
    .option('--kafka <address>', 'the Kafka that "kafka" means: kafka://HOST:PORT, kafkas://USER@HOST:PORT')
    .option('--kafka-secret-file <file>', "a file with the password of Kafka's user")
    .option('--kafka-ca-file <file>', "a file with the authority of the brokers' certificates")
    .option('--eventstore <address>', 'the EventStoreDB or KurrentDB that "eventstore" means: esdb://HOST:PORT');

/** How a log in Kafka is made, for whoever writes it. */
export const newLogOptions = (command: Command): Command =>
  command
    .option('--log-partitions <count>', 'partitions of a log in Kafka: as many projectors can share it (default: 1)')
    .option('--log-replication <count>', 'copies of each that Kafka keeps, of a new log');

/** Of whoever follows PBXs. */
export const pbxOptions = (command: Command): Command =>
  command
    .option('--pbx <name=url>', 'a PBX to follow (repeatable): ami://, amis://, ari+http:// or ari+https://', collect)
    .option('--variable <name>', 'channel variable to keep (repeatable)', collect)
    .option('--reconcile-every <duration>', 'how often the list is compared with the PBX (default: 60s)')
    .option('--audit-every <duration>', "how often the PBX's own lists are audited, or off (default: 10m)")
    .option('--spool-size <size>', 'how much waits on this disk while a log on a server is away (default: 1GB)')
    .option('--spool-age <duration>', 'and for how long, or off (default: off)')
    .option('--spool-full <disconnect|discard>', 'what is given up at that bound (default: disconnect)');

/** Of whoever serves the list. */
export const servingOptions = (command: Command): Command =>
  command
    .option('--http <host:port>', 'where to serve the list, or off (default: 127.0.0.1:8099)')
    .option('--http-open', 'serve whoever reaches the address without a login, as long as there are no users')
    .option('--tls-cert <file>', 'PEM file of the certificate: what is served goes over TLS; with --tls-key')
    .option('--tls-key <file>', "PEM file of the certificate's key")
    .option(
      '--trust-proxy <address>',
      'a proxy, or a network of them, whose X-Forwarded-For is believed (repeatable)',
      collect,
    )
    .option('--cors-origin <origin>', 'an origin whose pages may read in a browser (repeatable)', collect)
    .option('--http-connections <number>', 'open connections at most (default: 10000)')
    .option('--http-connections-per-address <number>', 'of one address, loopback excepted (default: 4000)')
    .option('--http-rate <number>', 'requests a minute of one address, loopback excepted (default: 12000)')
    .option('--stale-after <duration>', "how long a lost PBX's channels stay listed, as stale (default: 15m)")
    .option('--stale-answers <mark|refuse>', 'whether answers about a lost PBX say so or are refused (default: mark)');

/** Of a service that serves no list, and says how it is. */
export const healthOptions = (command: Command, http: string): Command =>
  command
    .option('--http <host:port>', `where to say how it is, or off (default: ${http})`)
    .option('--http-open', 'allow an address that others can reach');

/** Of every process that stays. */
export const processOptions = (command: Command): Command =>
  command
    .option('--log-level <level>', 'debug, info, warn, error or silent (default: info)')
    .option('--log-format <format>', 'text or json (default: text)')
    .option('--config <file>', 'settings in YAML; the names are those of docs/settings.md');
