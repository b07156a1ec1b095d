import { randomUUID } from 'node:crypto';
import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll } from 'vitest';
import { type Node, type NodeOptions, startNode } from '../../../../../test/eventstore/double/node.ts';
import type { EventLog } from '../../event-log.ts';
import { type EventStoreLogOptions, openEventStoreLog } from '../eventstore-log.ts';

/** For tests: logs with a prefix of their own each, in one double that all of a file's tests share, so that there is much that is not theirs. */
export const logsOnDouble = (options: NodeOptions = {}) => {
  let node: Node | undefined;
  const logs: EventLog[] = [];
  const prefixes = new WeakMap<EventLog, string>();
  const running = (): Node => {
    if (!node) throw new Error('the double is not running');
    return node;
  };
  beforeAll(async () => {
    node = await startNode(options);
  });
  afterAll(() => node?.stop());

  const openAs = async (prefix: string, more: Partial<EventStoreLogOptions> = {}): Promise<EventLog> => {
    const connection = `esdb://127.0.0.1:${running().port}?tls=false`;
    const log = await openEventStoreLog({ connection, prefix, world: systemWorld, ...more });
    logs.push(log);
    prefixes.set(log, prefix);
    return log;
  };

  return {
    node: running,
    openAs,
    open: (more?: Partial<EventStoreLogOptions>) => openAs(`t-${randomUUID().slice(0, 8)}-`, more),
    reopen: async (log: EventLog): Promise<EventLog> => {
      await log.close();
      return openAs(prefixes.get(log) ?? '');
    },
    cleanup: async (): Promise<void> => {
      for (const log of logs.splice(0)) await log.close();
      const { faults } = running();
      faults.append = undefined;
      faults.read = undefined;
    },
  };
};
