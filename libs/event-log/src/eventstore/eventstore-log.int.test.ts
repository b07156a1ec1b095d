import { vi } from 'vitest';
import { eventLogContract } from '../../../../test/contract/event-log.contract.ts';
import { logsOnDouble } from './testing/logs-on-double.ts';

// Thousands of calls over a socket, client and server in one process.
vi.setConfig({ testTimeout: 240_000 });

const { open, reopen, cleanup } = logsOnDouble();

eventLogContract('eventstore, against the double', { open: () => open(), reopen, cleanup });
