import { type Position, type Revision, revision } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { boundedMap } from './bounded-map.ts';
import { labelOf } from './checksum.ts';

const REMEMBERED = 50_000;

/** Where a stream stands. `stream`: its number in the file; `label`: stands for it in checksums. */
export type Head = { stream: number; pbx: string; revision: Revision; closed: boolean; label: number };

type HeadRow = { stream: number; pbx: string; closed: Position | null; revision: number };

export type StreamHeads = {
  of(name: string): Head | undefined;
  /** The writer's word on where a stream stands now, also for one just begun. */
  moved(name: string, head: Head): void;
  /** The stream is no more. */
  dropped(name: string): void;
  /** After a transaction that did not come to be. */
  forget(): void;
};

/** `remember`: true for the process that writes; to all others a stream may move without notice. */
export const openStreamHeads = (db: Database.Database, remember: boolean): StreamHeads => {
  const known = boundedMap<string, Head>(REMEMBERED);
  const find = db.prepare<[string], HeadRow>(
    `SELECT id AS stream, pbx, closed, (SELECT max(revision) FROM events WHERE stream = streams.id) AS revision
     FROM streams WHERE name = ?`,
  );
  return {
    of: (name) => {
      const head = remember ? known.get(name) : undefined;
      if (head) return head;
      const row = find.get(name);
      if (!row) return undefined;
      const closed = row.closed !== null;
      const found = { ...row, revision: revision(row.revision), closed, label: labelOf(name, row.pbx) };
      if (remember) known.set(name, found);
      return found;
    },
    moved: (name, head) => known.set(name, head),
    dropped: known.delete,
    forget: () => known.clear(),
  };
};
