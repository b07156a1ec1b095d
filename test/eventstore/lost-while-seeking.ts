import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startCluster } from './double/cluster.ts';

/** For client-defects.int.test.ts, in a process of its own: a rolling restart that goes wrong, as the bare client lives it. */
const cluster = await startCluster(2);
const [first, second] = cluster.nodes;
const client = EventStoreDBClient.connectionString(
  `esdb://127.0.0.1:${first?.port},127.0.0.1:${second?.port}?tls=false&maxDiscoverAttempts=3`,
);
const append = () =>
  client
    .appendToStream('a', jsonEvent({ type: 'X', data: {} }), {
      requiresLeader: true,
      credentials: { username: 'a', password: 'b' },
    })
    .catch(() => {});

const subscription = client.subscribeToAll();
subscription.on('error', () => {});
subscription.on('data', () => {});
await new Promise<void>((resolve) => subscription.on('confirmation', resolve));
cluster.lead(1);
await append();
await append();
await second?.stop();
await append();
const seeking = append();
await first?.stop();
await seeking;
await new Promise((resolve) => setTimeout(resolve, 500));
process.exit(0);
