import { type DomainEvent, domainEventSchema, type NewEvent, SCHEMA_VERSION, type Source } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
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

const schemaUnwritable = ({ id, schema }: NewEvent): RollcallError =>
  new RollcallError(
    'LOG_SCHEMA_UNKNOWN',
    `Event ${id} has schema ${schema}; this Rollcall writes schema ${SCHEMA_VERSION}.`,
    'Import it with the version of Rollcall that wrote it, or a newer one.',
  );

const keyOf = ({ type, boot, source, schema }: KindRow | Kind | NewEvent): string =>
  `${type} ${boot} ${source} ${schema}`;

export const openKinds = (db: Database.Database, path: string): Kinds => {
  const byNumber: Kind[] = [];
  const numbers = new Map<string, number>();
  const all = db.prepare<[], KindRow>('SELECT id, type, boot, source, schema FROM kinds');
  const insert = db.prepare('INSERT INTO kinds (type, boot, source, schema) VALUES (?, ?, ?, ?)');

  const load = (): void => {
    for (const row of all.iterate()) {
      numbers.set(keyOf(row), row.id);
      const type = TYPES.get(row.type);
      // Once events of an older version are to be read, they are brought up where events are decoded, by their kind's version.
      if (type !== undefined && row.schema === SCHEMA_VERSION) {
        const { boot, source, schema } = row;
        byNumber[row.id] = { type, boot, source, schema };
      }
    }
  };

  const unreadable = (kind: number, position: number): Error => {
    const row = all.all().find(({ id }) => id === kind);
    if (!row) return logDamaged(path, `the event at position ${position} is of a kind that is missing`);
    return schemaUnknown(path, `an event ${row.type} of schema ${row.schema} at position ${position}`);
  };

  load();
  return {
    of: (number, position) => {
      const known = byNumber[number];
      if (known) return known;
      load();
      const loaded = byNumber[number];
      if (!loaded) throw unreadable(number, position);
      return loaded;
    },
    numberOf: (event) => {
      const key = keyOf(event);
      if (!numbers.has(key)) load();
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const { type, boot, source, schema } = event;
      if (schema !== SCHEMA_VERSION) throw schemaUnwritable(event);
      const number = Number(insert.run(type, boot, source, schema).lastInsertRowid);
      numbers.set(key, number);
      byNumber[number] = { type, boot, source, schema };
      return number;
    },
    forget: () => {
      byNumber.length = 0;
      numbers.clear();
    },
  };
};
