import { randomUUID } from 'node:crypto';
import { systemWorld } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import { openEventStoreLog } from '@rollcall/event-log/eventstore';
import { afterAll, describe, test, vi } from 'vitest';
import { eventLogContract } from '../contract/event-log.contract.ts';
import { findRealServer, type RealServer } from './real-server.ts';
import { serverRules } from './server-rules.ts';

// Thousands of calls over a network, perhaps.
vi.setConfig({ testTimeout: 240_000 });

const server = await findRealServer();

const againstReal = (real: Extract<RealServer, { found: true }>): void => {
  const logs: EventLog[] = [];
  const prefixes = new Map<string, string>();
  const openAs = async (prefix: string): Promise<EventLog> => {
    const log = await openEventStoreLog({ connection: real.connection, prefix, world: systemWorld });
    logs.push(log);
    prefixes.set(log.id, prefix);
    return log;
  };
  afterAll(() => real.stop());
  serverRules(real.what, async () => real);
  eventLogContract(`eventstore, against ${real.what}`, {
    open: () => openAs(`test-${randomUUID()}-`),
    reopen: async (log) => {
      await log.close();
      return openAs(prefixes.get(log.id) ?? '');
    },
    cleanup: async () => {
      for (const log of logs.splice(0)) await log.close();
    },
  });
};

describe('a real EventStoreDB or KurrentDB', () => {
  if (server.found) return againstReal(server);
  // In CI too: no server can be had there. What is shown without it is shown against the double alone.
  console.warn(`SKIPPED: the EventStoreDB log was NOT tested against a real server: ${server.reason}`);
  test.skip(server.reason, () => undefined);
});
