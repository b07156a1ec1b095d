import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import kafkajs from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { clusterOf } from './client.ts';

test('a broker that takes the connection and says nothing is asked again, and not given up for good', async () => {
  let requests = 0;
  const silent = createServer((socket) => socket.on('data', () => requests++).on('error', () => {}));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const client = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${(silent.address() as AddressInfo).port}`],
    ...{ connectionTimeout: 100, requestTimeout: 100, retry: { retries: 0 }, logLevel: kafkajs.logLevel.NOTHING },
  });
  const cluster = clusterOf(client);
  onTestFinished(() => cluster.disconnect());
  await expect(cluster.connect()).rejects.toThrow('timed out');
  await expect(cluster.refreshMetadata()).rejects.toThrow('timed out');
  expect(requests).toBe(2);
});
