import { domainEventSchema, SCHEMA_VERSION, type Source } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { labelOf } from './checksum.ts';
import { logDamaged } from './log-errors.ts';

/**
 * What many events have in common, kept once. `current`: its type is known to this version and its schema is the present one;
 * `label`: stands for it in checksums.
 */
export type Kind = KindOf & { current: boolean; label: number };

export type KindOf = { type: string; boot: number; source: Source; schema: number };

type KindRow = KindOf & { id: number };

/** With its number in the file. */
export type NumberedKind = Kind & { id: number };

export type Kinds = {
  /** @throws RollcallError LOG_DAMAGED when the kind of the event at `position` is missing */
  of(kind: number, position: number): Kind;
  /** The event's kind; a new kind is written, so this belongs into a transaction. */
  ofNew(event: KindOf): NumberedKind;
  /** After a transaction that did not come to be. */
  forget(): void;
};

const TYPES = new Set<string>(domainEventSchema.options.map(({ shape }) => shape.type.value));

export const openKinds = (db: Database.Database, path: string): Kinds => {
  const known: NumberedKind[] = [];
  /** Newest last: it is the one that the next event is likely of. */
  const byType = new Map<string, NumberedKind[]>();
  const all = db.prepare<[], KindRow>('SELECT id, type, boot, source, schema FROM kinds ORDER BY id');
  const insert = db.prepare('INSERT INTO kinds (type, boot, source, schema) VALUES (?, ?, ?, ?)');

  const remember = (row: KindRow): NumberedKind => {
    const { type, boot, source, schema } = row;
    const current = schema === SCHEMA_VERSION && TYPES.has(type);
    const kind = { ...row, current, label: labelOf(type, boot, source, schema) };
    known[kind.id] = kind;
    const alike = byType.get(type);
    if (alike) alike.push(kind);
    else byType.set(type, [kind]);
    return kind;
  };

  const forget = (): void => {
    known.length = 0;
    byType.clear();
  };

  const load = (): void => {
    forget();
    for (const row of all.all()) remember(row);
  };

  const find = ({ type, boot, source, schema }: KindOf): NumberedKind | undefined =>
    byType.get(type)?.findLast((kind) => kind.boot === boot && kind.source === source && kind.schema === schema);

  load();
  return {
    of: (number, position) => {
      const kind = known[number];
      if (kind) return kind;
      load();
      const loaded = known[number];
      if (!loaded) throw logDamaged(path, `the event at position ${position} is of a kind that is missing`);
      return loaded;
    },
    ofNew: (event) => {
      const found = find(event);
      if (found) return found;
      load();
      const loaded = find(event);
      if (loaded) return loaded;
      const { type, boot, source, schema } = event;
      const id = Number(insert.run(type, boot, source, schema).lastInsertRowid);
      return remember({ id, type, boot, source, schema });
    },
    forget,
  };
};
