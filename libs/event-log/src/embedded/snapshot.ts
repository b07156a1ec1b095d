import Database from 'better-sqlite3';

/**
 * A second connection that sees the file as it is now, until it is closed, whatever is written meanwhile. It holds up no writer,
 * but the write-ahead log beside the file cannot be emptied before: it is for work that ends by itself.
 */
export const openSnapshot = (path: string): Database.Database => {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    db.exec('BEGIN');
    // The moment is that of the first read.
    db.prepare('SELECT id FROM log').get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};
