import type { Command } from 'commander';

/** For options that may be given more than once. */
export const collect = (text: string, all: string[]): string[] => [...all, text];

/** Where the log is. */
export const engineOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory (default: rollcall-data)')
    .option('--log <engine>', 'embedded, kafka, eventstore, or an address: kafka://, kafkas://, esdb://, kurrentdb://')
    .option('--kafka <address>', 'the Kafka that "kafka" means: kafka://HOST:PORT, kafkas://USER@HOST:PORT')
    .option('--kafka-secret-file <file>', "a file with the password of Kafka's user")
    .option('--kafka-ca-file <file>', "a file with the authority of the brokers' certificates")
    .option('--eventstore <address>', 'the EventStoreDB or KurrentDB that "eventstore" means: esdb://HOST:PORT');

/** What every service takes. */
export const serviceOptions = (command: Command, http: string): Command =>
  command
    .option('--http <host:port>', `where to say how it is, or off (default: ${http})`)
    .option('--http-open', 'allow an address that others can reach')
    .option('--log-level <level>', 'debug, info, warn, error or silent (default: info)')
    .option('--log-format <format>', 'text or json (default: text)')
    .option('--config <file>', 'settings in YAML; the names are those of docs/settings.md');
