import { join } from 'node:path';
import Database from 'better-sqlite3';

/** One event of a log file as SQL sees it. `data`: the text as it stands in the file. */
export type LogRow = {
  position: number;
  stream: string;
  pbx: string;
  revision: number;
  type: string;
  schema: number;
  boot: number;
  source: string;
  time: number;
  recorded: number;
  id: string;
  data: string;
};

/** Every row of the log in that data directory. */
export const readRows = (dir: string): LogRow[] => {
  const db = new Database(join(dir, 'events.db'), { readonly: true });
  const rows = db
    .prepare<[], LogRow>(
      `SELECT position, name AS stream, pbx, revision, type, schema, boot, source, time, recorded, events.id, data
       FROM events JOIN streams ON streams.id = stream JOIN kinds ON kinds.id = kind ORDER BY position`,
    )
    .all();
  db.close();
  return rows;
};

/** Writes rows into the log of that data directory with plain SQL, past every check of what they say. Nobody has it open. */
export const insertRows = (dir: string, rows: readonly LogRow[]): void => {
  const db = new Database(join(dir, 'events.db'));
  const kindOf = db
    .prepare<unknown[], number>('SELECT id FROM kinds WHERE type = ? AND boot = ? AND source = ? AND schema = ?')
    .pluck();
  const addKind = db.prepare('INSERT INTO kinds (type, boot, source, schema) VALUES (?, ?, ?, ?)');
  const streamOf = db.prepare<[string], number>('SELECT id FROM streams WHERE name = ?').pluck();
  const addStream = db.prepare('INSERT INTO streams (id, name, pbx) VALUES (?, ?, ?)');
  const close = db.prepare('UPDATE streams SET closed = ? WHERE id = ?');
  const add = db.prepare(
    `INSERT INTO events (position, stream, revision, kind, time, recorded, id, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  db.transaction(() => {
    for (const { position, stream, pbx, revision, type, schema, boot, source, time, recorded, id, data } of rows) {
      const kind = kindOf.get(type, boot, source, schema) ?? addKind.run(type, boot, source, schema).lastInsertRowid;
      const number = streamOf.get(stream) ?? addStream.run(position, stream, pbx).lastInsertRowid;
      add.run(position, number, revision, kind, time, recorded, id, data);
      close.run(type === 'ChannelDestroyed' ? position : null, number);
    }
    countAll(db);
  })();
  db.close();
};

/** Later formats of the file count their events. */
const countAll = (db: Database.Database): void => {
  const counted = db.prepare("SELECT 1 FROM pragma_table_info('log') WHERE name = 'events'").get();
  if (counted) db.exec('UPDATE log SET events = (SELECT count(*) FROM events)');
};

/** Where the next event of `stream` in that log would stand. */
export const nextPlace = (dir: string, stream: string): { position: number; revision: number } => {
  const rows = readRows(dir);
  return {
    position: (rows.at(-1)?.position ?? 0) + 1,
    revision: rows.filter((row) => row.stream === stream).length,
  };
};
