export type KafkaVersion = '3.9' | '4';

export interface KafkaOptions {
  /** One broker, or three that replicate everything: min.insync.replicas is then 2. Each is a controller too. Default: 1. */
  readonly brokers?: 1 | 3;
  /** Clients must log in (SASL/PLAIN) and may do only what an ACL allows. */
  readonly sasl?: boolean;
  /** A TLS listener beside the plain one. With `sasl` it asks for a login too. */
  readonly tls?: boolean;
  /** Where broker `i` (from 0) keeps its records, for a disk of the caller's own. The caller empties it. */
  readonly logDirectory?: (i: number) => string;
  /** More of `server.properties`, for every broker; wins over what the tests set. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
}

export interface KafkaUser {
  readonly username: string;
  readonly password: string;
}

export interface Broker {
  /** `node.id`, from 1: what metadata calls this broker. */
  readonly id: number;
  /** `127.0.0.1:port` of the listener for clients. */
  readonly address: string;
  /** What the broker has logged since it was first started. */
  log(): Promise<string>;
  /** Resolves with what ended the running broker, once it is gone: `SIGKILL`, `exit code 1`. */
  exited(): Promise<string>;
  /** Ends the process with SIGKILL. Resolves once it is gone. */
  kill9(): Promise<void>;
  /** Ends the process in order: it hands its partitions over first. Resolves once it is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same ports with the same data. Resolves once it serves clients. */
  start(): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nothing. */
  pause(): Promise<void>;
  /** SIGCONT */
  resume(): Promise<void>;
}

/**
 * A real Apache Kafka under test.
 *
 * A Kafka that was given (`owned` is false) has no login and no TLS of which the tests know, and its brokers cannot be killed,
 * stopped or paused: asking for those throws and says so.
 */
export interface Kafka {
  readonly version: KafkaVersion;
  readonly owned: boolean;
  /** `host:port` of every broker, in the order of `brokers`. */
  readonly bootstrap: readonly string[];
  /** Like `bootstrap`, on a listener that asks for no login and allows everything: for the judge. */
  readonly inside: readonly string[];
  readonly brokers: readonly Broker[];
  /** Only with the option `sasl`: one user who may do everything, and one who may do what tests allow by ACL, at first nothing. */
  readonly sasl: { readonly admin: KafkaUser; readonly limited: KafkaUser };
  /** Only with the option `tls`. `ca` is the PEM of the brokers' certificate: self-signed, so it is its own authority. */
  readonly tls: { readonly bootstrap: readonly string[]; readonly ca: string };
  /** Ends all brokers and removes everything they left. May be called twice. */
  stop(): Promise<void>;
}
