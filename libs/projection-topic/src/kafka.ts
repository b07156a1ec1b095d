import { createClient, type KafkaConnection } from '@rollcall/kafka';
import type { Kafka } from 'kafkajs';

/** A client that finds, among the brokers named, one that answers, and no more: what outlasts that is told, and tried again by whoever asked. */
export const clientOf = (connection: KafkaConnection): Kafka =>
  createClient(connection, { retries: connection.brokers.length + 1, initialRetryTime: 50, maxRetryTime: 500 });
