import type { Operation } from '@rollcall/api';
import type { Operated } from './operated.ts';
import { quarantineOperations } from './quarantine.ts';
import { replayOperation } from './replay.ts';

/** Everything that an operator may ask for. */
export const operationsOf = (operated: Operated): Operation[] => [
  replayOperation(operated),
  ...quarantineOperations(operated),
];
