import { z } from 'zod';

const KAFKA = /^kafkas?:\/\//;
const EVENTSTORE = /^(esdb|kurrentdb)(\+discover)?:\/\//;

export const isKafkaAddress = (text: string): boolean => KAFKA.test(text);
const isEventStoreAddress = (text: string): boolean => EVENTSTORE.test(text);

/** What is wrong inside an address is said by who reads it; it may hold a secret, and is not repeated here. */
const address = (fits: (text: string) => boolean, form: string) =>
  z.string().trim().max(4000).refine(fits, `is not ${form}`);

const kafkaAddressSchema = address(isKafkaAddress, 'kafka://HOST:PORT or kafkas://USER@HOST:PORT');

/** In the environment and on the command line a number is a text. */
const whole = (most: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/, 'is no whole number').transform(Number)])
    .refine(
      (count) => Number.isInteger(count) && count >= 1 && count <= most,
      `is not a whole number from 1 to ${most}`,
    );

/** Where the log is, and where the list is published. */
export const engineSettings = {
  /** `embedded`: on this disk, in `data`; else the server that `kafka` or `eventstore` names, or an address of one. */
  log: address(
    (text) => ['embedded', 'kafka', 'eventstore'].includes(text) || isKafkaAddress(text) || isEventStoreAddress(text),
    'embedded, kafka, eventstore, or an address (kafka://, kafkas://, esdb://, kurrentdb://)',
  ).default('embedded'),
  /** Publish the list as topic rollcall.channels: `kafka`, the one that `kafka` or else `log` names, or an address. */
  publish: address((text) => text === 'kafka' || isKafkaAddress(text), 'kafka, nor kafka://HOST:PORT').optional(),
  kafka: kafkaAddressSchema.optional(),
  /** A file whose first line is the password of Kafka's user. */
  kafkaSecretFile: z.string().min(1).optional(),
  /** A file with the certificate authority of the brokers' certificates. */
  kafkaCaFile: z.string().min(1).optional(),
  eventstore: address(isEventStoreAddress, 'esdb://HOST:PORT or kurrentdb://HOST:PORT').optional(),
  /** Of a log in Kafka: as many projectors can share it. Once it is made it keeps them. */
  logPartitions: whole(1_000).default(1),
  /** Copies of each partition that Kafka keeps, of a log that is made. */
  logReplication: whole(100).optional(),
};
