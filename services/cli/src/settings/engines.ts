import { readFileSync } from 'node:fs';
import type { KafkaConnection } from '@rollcall/kafka';
import { isKafkaAddress } from './engine-settings.ts';
import type { Settings } from './schema.ts';
import { settingsWrong } from './settings-wrong.ts';

export type KafkaEngine = { is: 'kafka'; connection: KafkaConnection; partitions: number; replication?: number };
export type EventStoreEngine = { is: 'eventstore'; connection: string };

/** Where the log is. */
export type LogEngine = { is: 'embedded' } | EventStoreEngine | KafkaEngine;

export type Engines = {
  log: LogEngine;
  /** The Kafka of the projection topic; undefined where nothing is published. With a log in Kafka it is that one, unless it is named. */
  publish: KafkaConnection | undefined;
};

export type EngineSettings = Pick<
  Settings,
  'log' | 'publish' | 'kafka' | 'kafkaSecretFile' | 'kafkaCaFile' | 'eventstore' | 'logPartitions' | 'logReplication'
>;

/**
 * What the settings say of logs and topics, with addresses read and secrets fetched.
 * @throws RollcallError SETTINGS_WRONG, KAFKA_SETTINGS, which name no secret
 */
export const enginesOf = async (settings: EngineSettings): Promise<Engines> => {
  const log = await logEngine(settings);
  const { publish } = settings;
  if (publish === undefined) return { log, publish: log.is === 'kafka' ? log.connection : undefined };
  if (publish !== 'kafka') return { log, publish: await kafkaConnection(publish, settings) };
  if (settings.kafka !== undefined) return { log, publish: await kafkaConnection(settings.kafka, settings) };
  if (log.is === 'kafka') return { log, publish: log.connection };
  throw settingsWrong(
    'publish is kafka, and no setting says where that is: give kafka (ROLLCALL_KAFKA), or its address',
  );
};

const logEngine = async (settings: EngineSettings): Promise<LogEngine> => {
  const { log, kafka, eventstore, logPartitions: partitions, logReplication: replication } = settings;
  if (log === 'embedded') return { is: 'embedded' };
  if (log === 'kafka' || isKafkaAddress(log)) {
    const address = log === 'kafka' ? kafka : log;
    if (address === undefined)
      throw settingsWrong(
        'log is kafka, and no setting says where that is: give kafka (ROLLCALL_KAFKA), or its address',
      );
    const connection = await kafkaConnection(address, settings);
    return { is: 'kafka', connection, partitions, ...(replication && { replication }) };
  }
  const connection = log === 'eventstore' ? eventstore : log;
  if (connection === undefined)
    throw settingsWrong(
      'log is eventstore, and no setting says where that is: give eventstore (ROLLCALL_EVENTSTORE), or its address',
    );
  return { is: 'eventstore', connection };
};

/** Kafka's client is read only where there is a Kafka. */
export const kafkaConnection = async (
  address: string,
  { kafkaSecretFile, kafkaCaFile }: Pick<EngineSettings, 'kafkaSecretFile' | 'kafkaCaFile'>,
): Promise<KafkaConnection> => {
  const { parseKafkaAddress } = await import('@rollcall/kafka');
  return parseKafkaAddress(address, {
    ...(kafkaSecretFile !== undefined && { secret: contentOf('kafkaSecretFile', kafkaSecretFile) }),
    ...(kafkaCaFile !== undefined && { ca: contentOf('kafkaCaFile', kafkaCaFile) }),
  });
};

const contentOf = (setting: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw settingsWrong(`${setting} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
};
