import { randomUUID } from 'node:crypto';
import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll } from 'vitest';
import { type Node, type NodeOptions, startNode } from '../../../../../test/eventstore/double/node.ts';
import type { EventLog } from '../../event-log.ts';
import { type EventStoreLogOptions, openEventStoreLog } from '../eventstore-log.ts';

/** A log, and under which prefix it stands. */
export type LogUnderTest = EventLog & { readonly under: { prefix: string } };

type Options = Partial<EventStoreLogOptions> & { deadline?: number };

/** Milliseconds: long enough for what is to succeed, short enough to wait for what is to fail. */
const SHORT_DEADLINE = 1_500;

/**
 * For tests: logs with a prefix of their own each, in one double that all of a file's tests share, so that there is much that
 * is not theirs. Faults end with the test.
 */
export const logsOnDouble = (options: NodeOptions = {}, always: Options = {}) => {
  let node: Node | undefined;
  const logs: EventLog[] = [];
  const running = (): Node => {
    if (!node) throw new Error('the double is not running');
    return node;
  };
  beforeAll(async () => {
    node = await startNode(options);
  });
  afterAll(() => node?.stop());

  const open = async (options: Options = {}): Promise<LogUnderTest> => {
    const { deadline = 60_000, prefix = `t-${randomUUID().slice(0, 8)}-`, ...more } = { ...always, ...options };
    const connection = `esdb://127.0.0.1:${running().port}?tls=false&defaultDeadline=${deadline}`;
    const log = await openEventStoreLog({ connection, prefix, world: systemWorld, ...more });
    logs.push(log);
    return { ...log, under: { prefix } };
  };

  return {
    node: running,
    open,
    openImpatient: (options: Options = {}) => open({ deadline: SHORT_DEADLINE, ...options }),
    reopen: async (log: EventLog): Promise<EventLog> => {
      await log.close();
      return open((log as LogUnderTest).under);
    },
    cleanup: async (): Promise<void> => {
      running().faults.append = undefined;
      running().faults.read = undefined;
      for (const log of logs.splice(0)) await log.close();
    },
  };
};
