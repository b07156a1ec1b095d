import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedEvent, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openKafkaLog } from '@rollcall/event-log/kafka';
import { test } from 'vitest';
import { withKafka } from '../../libs/event-log/src/kafka/testing/with-kafka.ts';
import type { Broker, Kafka } from '../brokers/lab.ts';
import { liveThrough, OUTAGE_MS, report } from './outage.ts';

const PARTITIONS = 2;

/** Longer than kafkajs waits for an answer: from then on it takes what hangs for gone. */
const HANGS_MS = Math.max(OUTAGE_MS, 15_000);

const through = (kafka: Kafka, length: number, strike: (broker: Broker) => Promise<() => Promise<void>>) => {
  const [broker] = kafka.brokers;
  if (!broker) throw new Error('it has no broker');
  const topic = `rollcall.test.${randomUUID()}`;
  const options = { brokers: kafka.bootstrap, topic, partitions: PARTITIONS, world: systemWorld };
  return liveThrough({
    length,
    open: (dir) => openKafkaLog({ ...options, dir }),
    strike: () => strike(broker),
    read: async () => {
      const dir = mkdtempSync(join(tmpdir(), 'rollcall-outage-read-'));
      const log = await openKafkaLog({ ...options, dir, mode: 'read' });
      const all: RecordedEvent[] = [];
      for (let partition = 0; partition < PARTITIONS; partition++) {
        for await (const events of log.partition(partition).readAll(START)) all.push(...events);
      }
      await log.close();
      rmSync(dir, { recursive: true });
      return all;
    },
  });
};

await withKafka('4', {}, (kafka) => {
  test('a broker that hangs for a while: no event lost, order kept, the PBX connection never dropped', {
    timeout: HANGS_MS + 200_000,
  }, async () => {
    const lived = await through(kafka(), HANGS_MS, async (broker) => {
      await broker.pause();
      return () => broker.resume();
    });
    report('Kafka hung', lived);
  });

  test('a broker that is killed, and started again after a while: likewise', {
    timeout: OUTAGE_MS + 200_000,
  }, async () => {
    const lived = await through(kafka(), OUTAGE_MS, async (broker) => {
      await broker.kill9();
      return () => broker.start();
    });
    report('Kafka killed', lived);
  });
});
