export { type KafkaLog, type KafkaLogOptions, openKafkaLog, openKafkaPartition } from './kafka-log.ts';
