import { eventLogContract } from '../../../../test/contract/event-log.contract.ts';
import { logsOnDouble } from './testing/logs-on-double.ts';

const { open, reopen, cleanup } = logsOnDouble();

eventLogContract('eventstore, against the double', { open: () => open(), reopen, cleanup });
