import type { Operation } from '@rollcall/api';
import { auditOperation } from './audit.ts';
import { compactOperation } from './compact.ts';
import type { Operated } from './operated.ts';
import { quarantineOperations } from './quarantine.ts';
import { replayOperation } from './replay.ts';
import { verifyOperation } from './verify.ts';

/** Everything that an operator may ask for. */
export const operationsOf = (operated: Operated): Operation[] => [
  replayOperation(operated),
  verifyOperation(operated),
  ...quarantineOperations(operated),
  auditOperation(operated),
  compactOperation(operated),
];
