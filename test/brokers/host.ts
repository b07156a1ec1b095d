/** Something that can run an Apache Kafka broker: Java with the jars, or Docker. */
export interface KafkaHost {
  readonly description: string;
  /** Formats a broker's empty storage, as Kafka's StorageTool does. */
  format(storage: Storage): Promise<void>;
  /** Starts the broker of that storage; its console goes to the end of `consoleLog`. */
  launch(storage: Storage, consoleLog: string): Promise<BrokerProcess>;
}

export interface Storage {
  /** `server.properties` */
  readonly configFile: string;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly metadataDirectory: string;
  readonly logDirectory: string;
}

export interface BrokerProcess {
  /** Undefined when it is not a process of this machine's own. */
  readonly pid: number | undefined;
  /** Resolves with what ended it, once it is gone. */
  readonly exited: Promise<string>;
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}
