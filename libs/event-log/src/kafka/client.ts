import { createClient, type KafkaConnection } from '@rollcall/kafka';
import type { Kafka } from 'kafkajs';

/** A client that tries again for about three seconds; what outlasts that is told, and tried again by whoever asked. */
export const clientOf = (connection: KafkaConnection): Kafka =>
  createClient(connection, { retries: 4, initialRetryTime: 100, maxRetryTime: 1_500 });
