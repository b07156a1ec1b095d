import { type DomainEvent, domainEventSchema, type NewEvent, SCHEMA_VERSION, type Source } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { logDamaged, schemaUnknown } from './log-errors.ts';

/** What many events have in common, kept once. */
export type Kind = { type: DomainEvent['type']; boot: number; source: Source; schema: number };

type KindRow = { id: number; type: string; boot: number; source: Source; schema: number };

export type Kinds = {
  /** @throws RollcallError LOG_SCHEMA_UNKNOWN when the event at `position` is of a kind that this version does not know */
  of(kind: number, position: number): Kind;
  /** Number of the event's kind; a new kind is written, so this belongs into a transaction. */
  numberOf(event: NewEvent): number;
  /** After a transaction that did not come to be. */
  forget(): void;
};

const TYPES = new Map<string, DomainEvent['type']>(
  domainEventSchema.options.map(({ shape }) => [shape.type.value, shape.type.value]),
);

export const openKinds = (db: Database.Database, path: string): Kinds => {
  const readable: Kind[] = [];
  /** Newest last: it is the one that the next event is likely of. */
  const byType = new Map<string, KindRow[]>();
  const all = db.prepare<[], KindRow>('SELECT id, type, boot, source, schema FROM kinds ORDER BY id');
  const insert = db.prepare('INSERT INTO kinds (type, boot, source, schema) VALUES (?, ?, ?, ?)');

  const remember = (row: KindRow): void => {
    const alike = byType.get(row.type);
    if (alike) alike.push(row);
    else byType.set(row.type, [row]);
    const type = TYPES.get(row.type);
    // Once events of an older version are to be read, they are brought up where events are decoded, by their kind's version.
    if (type !== undefined && row.schema === SCHEMA_VERSION) {
      const { boot, source, schema } = row;
      readable[row.id] = { type, boot, source, schema };
    }
  };

  const forget = (): void => {
    readable.length = 0;
    byType.clear();
  };

  const load = (): void => {
    forget();
    for (const row of all.all()) remember(row);
  };

  const find = ({ type, boot, source, schema }: NewEvent): number | undefined =>
    byType.get(type)?.findLast((kind) => kind.boot === boot && kind.source === source && kind.schema === schema)?.id;

  const unreadable = (kind: number, position: number): Error => {
    const row = all.all().find(({ id }) => id === kind);
    if (!row) return logDamaged(path, `the event at position ${position} is of a kind that is missing`);
    return schemaUnknown(path, `an event ${row.type} of schema ${row.schema} at position ${position}`);
  };

  load();
  return {
    of: (number, position) => {
      const known = readable[number];
      if (known) return known;
      load();
      const loaded = readable[number];
      if (!loaded) throw unreadable(number, position);
      return loaded;
    },
    numberOf: (event) => {
      const known = find(event);
      if (known !== undefined) return known;
      load();
      const loaded = find(event);
      if (loaded !== undefined) return loaded;
      const { type, boot, source, schema } = event;
      const id = Number(insert.run(type, boot, source, schema).lastInsertRowid);
      remember({ id, type, boot, source, schema });
      return id;
    },
    forget,
  };
};
