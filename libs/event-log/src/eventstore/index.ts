export { type EventStoreLogOptions, openEventStoreLog } from './eventstore-log.ts';
