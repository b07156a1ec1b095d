import type Database from 'better-sqlite3';
import { pageSizeOf } from './log-file.ts';
import { turn } from './subscription.ts';

/** Pages moved in one transaction: a few milliseconds. */
const PAGES = 64;

/** What may stay free inside the file, as a part of it: the events to come use it, and the file need not grow again for them. */
const SLACK = 0.1;

const INCREMENTAL = 2;

const pragma = (db: Database.Database, name: string): number => Number(db.pragma(name, { simple: true }));

export type GiveBackOptions = {
  db: Database.Database;
  use: <T>(work: () => T) => T;
  signal: AbortSignal | undefined;
};

/** Whether room inside the file can be given back to the disk; a file of format 1 only uses it again. */
export const canGiveBack = (db: Database.Database): boolean => pragma(db, 'auto_vacuum') === INCREMENTAL;

/** Makes the file smaller, in small transactions, until no more than a tenth of it is free inside; by how many bytes. */
export const giveBack = async ({ db, use, signal }: GiveBackOptions): Promise<number> => {
  if (!use(() => canGiveBack(db))) return 0;
  const before = use(() => pragma(db, 'page_count'));
  const excess = (): number => pragma(db, 'freelist_count') - Math.ceil(pragma(db, 'page_count') * SLACK);
  for (let left = use(excess); left > 0 && !signal?.aborted; left = use(excess)) {
    use(() => db.pragma(`incremental_vacuum(${Math.min(left, PAGES)})`));
    await turn();
  }
  const pages = before - use(() => pragma(db, 'page_count'));
  if (pages > 0) use(() => db.pragma('wal_checkpoint(PASSIVE)'));
  return pages * use(() => pageSizeOf(db));
};
