import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterAll, expect, test } from 'vitest';
import { startCluster } from './double/cluster.ts';
import { type Node, startNode } from './double/node.ts';
import { serverRules } from './server-rules.ts';

const nodes: Node[] = [];
afterAll(async () => {
  for (const node of nodes) await node.stop();
});

const start = async (options: Parameters<typeof startNode>[0] = {}) => {
  const node = await startNode(options);
  nodes.push(node);
  return node;
};

serverRules('the double', async () => ({ connection: `esdb://127.0.0.1:${(await start()).port}?tls=false` }));
serverRules('the double, without BatchAppend', async () => ({
  connection: `esdb://127.0.0.1:${(await start({ batchAppend: false })).port}?tls=false`,
}));

const event = (data: Record<string, unknown> = {}) => jsonEvent({ type: 'X', data });
const plain = { credentials: { username: 'a', password: 'b' } };

test('a node that does not lead says who does, to who asks for the leader, and serves the others', async () => {
  const cluster = await startCluster(2);
  nodes.push(...cluster.nodes);
  const [leader, follower] = cluster.nodes;
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${follower?.port}?tls=false`);
  expect(await client.appendToStream('a', [event()], plain)).toMatchObject({ success: true });
  await expect(client.appendToStream('a', [event()], { ...plain, requiresLeader: true })).rejects.toMatchObject({
    type: 'not-leader',
    leader: { address: '127.0.0.1', port: leader?.port },
  });
  // The client has turned to the leader by now.
  await new Promise((resolve) => setImmediate(resolve));
  expect(await client.appendToStream('a', [event()], { ...plain, requiresLeader: true })).toMatchObject({
    success: true,
  });
  await client.dispose();
});

test('an append larger than the server takes is refused, and nothing of it written', async () => {
  const node = await start({ maxAppendSize: 10_000 });
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${node.port}?tls=false`);
  const large = [event({ text: 'x'.repeat(6_000) }), event({ text: 'x'.repeat(6_000) })];
  await expect(client.appendToStream('a', large, plain)).rejects.toMatchObject({
    type: 'maximum-append-size-exceeded',
    maxAppendSize: 10_000,
  });
  expect(await client.appendToStream('a', [event()], { ...plain, expectedRevision: 'no_stream' })).toMatchObject({
    success: true,
  });
  await client.dispose();
});

test('scavenging takes what is hidden, leaves the last event of each stream, and moves nothing', async () => {
  const { store } = await start();
  const proposal = () => ({
    id: crypto.randomUUID(),
    type: 'X',
    contentType: 'application/json',
    data: Buffer.from('{}'),
    metadata: Buffer.from(''),
  });
  for (const stream of ['kept', 'hidden']) store.append(stream, 'none', [proposal(), proposal(), proposal()]);
  store.append('$$hidden', 'any', [{ ...proposal(), data: Buffer.from('{"$maxAge":1}') }]);
  store.advance(2_000);
  const all = () => [...store.backwards(store.end())].filter(({ stream }) => !stream.startsWith('$$')).reverse();
  const before = all();
  expect(before).toHaveLength(6);
  expect(store.readStream('hidden')).toEqual({ events: [], last: 2 });
  store.scavenge();
  expect(all()).toEqual([...before.slice(0, 3), before[5]]);
  expect(store.append('hidden', 1, [before[5] ?? proposal()])).toMatchObject({ is: 'done', revision: 2 });
  expect(store.append('hidden', 2, [proposal()])).toMatchObject({ is: 'done', revision: 3 });
});
