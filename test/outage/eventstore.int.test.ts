import { randomUUID } from 'node:crypto';
import { type RecordedEvent, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEventStoreLog } from '@rollcall/event-log/eventstore';
import { afterAll, beforeAll, test } from 'vitest';
import { type Node, startNode } from '../eventstore/double/node.ts';
import { liveThrough, OUTAGE_MS, report } from './outage.ts';

let node: Node;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

const through = async (strike: () => Promise<() => Promise<void>>) => {
  const connection = `esdb://127.0.0.1:${node.port}?tls=false&defaultDeadline=5000`;
  const prefix = `t-${randomUUID().slice(0, 8)}-`;
  return liveThrough({
    open: () => openEventStoreLog({ connection, prefix, world: systemWorld }),
    strike,
    read: async () => {
      const log = await openEventStoreLog({ connection, prefix, world: systemWorld, mode: 'read' });
      const all: RecordedEvent[] = [];
      for await (const events of log.readAll(START)) all.push(...events);
      await log.close();
      return all;
    },
  });
};

test('EventStoreDB (the double) down for a while: no event lost, order kept, the PBX connection never dropped', {
  timeout: OUTAGE_MS + 200_000,
}, async () => {
  const lived = await through(async () => {
    await node.stop();
    return () => node.start();
  });
  report('EventStoreDB down', lived);
});

test('EventStoreDB (the double) that takes what it is given and says nothing: likewise', {
  timeout: OUTAGE_MS + 200_000,
}, async () => {
  const lived = await through(async () => {
    let left = 5;
    node.faults.append = () => (left-- > 0 ? { is: 'answer-lost' } : { is: 'silent' });
    node.faults.read = () => ({ is: 'silent' });
    return async () => {
      node.faults.append = undefined;
      node.faults.read = undefined;
    };
  });
  report('EventStoreDB silent', lived);
});
