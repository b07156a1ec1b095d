import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Node, startNode } from './double/node.ts';

const nodes: Node[] = [];
const clients: EventStoreDBClient[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const client of clients.splice(0)) await client.dispose();
  for (const node of nodes.splice(0)) await node.stop();
});

const start = async (): Promise<{ node: Node; client: EventStoreDBClient }> => {
  const node = await startNode();
  nodes.push(node);
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${node.port}?tls=false&defaultDeadline=200`);
  clients.push(client);
  return { node, client };
};

const event = () => jsonEvent({ type: 'X', data: {} });

/** Why `libs/event-log/src/eventstore/client.ts` passes by what @eventstore/db-client 6.2.1 offers for it. */
describe('the client', () => {
  test('never ends a batch append that the server does not answer', async () => {
    const { node, client } = await start();
    node.faults.append = () => ({ is: 'silent' });
    const appending = client.appendToStream('a', [event()]).then(
      () => 'done',
      () => 'failed',
    );
    const late = new Promise((resolve) => setTimeout(resolve, 1_500, 'still waiting'));
    expect(await Promise.race([appending, late])).toBe('still waiting');
    appending.catch(() => {});
  });

  test('fails the batch appends of all clients with an error of one', async () => {
    const [one, other] = [await start(), await start()];
    other.node.faults.append = () => ({ is: 'silent' });
    const innocent = other.client.appendToStream('a', [event()]);
    const failing = expect(innocent).rejects.toMatchObject({ type: 'not-leader' });
    await vi.waitFor(() => expect(other.node.faults.append).toBeDefined());
    one.node.faults.append = () => ({ is: 'not-leader', leader: { host: '127.0.0.1', port: 1 } });
    await expect(one.client.appendToStream('a', [event()])).rejects.toMatchObject({ type: 'not-leader' });
    await failing;
  });

  test('tells of a checkpoint before the events ahead of it were handled', async () => {
    const { node, client } = await start();
    const credentials = { username: 'a', password: 'b' };
    for (let index = 0; index < 5; index += 1) await client.appendToStream('mine-1', [event()], { credentials });
    const seen: string[] = [];
    const subscription = client.subscribeToAll({
      filter: streamNameFilter({ prefixes: ['mine-'], checkpointReached: () => void seen.push('checkpoint') }),
    });
    for await (const { event } of subscription) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(`handled ${event?.revision}`);
      if (event?.revision === 4n) break;
    }
    expect(seen[0]).toBe('checkpoint');
    expect(node.store.end()).toBeGreaterThan(0);
  });

  test('prints the whole connection string, password and all, for an option that it does not know', () => {
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => {});
    EventStoreDBClient.connectionString('esdb://admin:s3cret@127.0.0.1:2113?tls=false&tlsCa=x');
    expect(printed.mock.calls.join()).toContain('s3cret');
  });

  test('ends the process when a connection is lost while the next leader is sought in vain', async () => {
    const script = join(import.meta.dirname, 'lost-while-seeking.ts');
    await expect(promisify(execFile)(process.execPath, [script])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Failed to discover'),
    });
  });
});
