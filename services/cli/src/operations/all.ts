import type { Operation } from '@rollcall/api/operations';
import { auditOperation } from './audit.ts';
import { compactOperation } from './compact.ts';
import { examineOperation } from './examine.ts';
import type { Operated } from './operated.ts';
import { quarantineOperations } from './quarantine.ts';
import { replayOperation } from './replay.ts';
import { retentionOperation } from './retention.ts';
import { verifyOperation } from './verify.ts';

/** Everything that an operator may ask for. */
export const operationsOf = (operated: Operated): Operation[] => [
  replayOperation(operated),
  verifyOperation(operated),
  ...quarantineOperations(operated),
  auditOperation(operated),
  examineOperation(operated),
  compactOperation(operated),
  ...(operated.retention ? [retentionOperation(operated)] : []),
];
