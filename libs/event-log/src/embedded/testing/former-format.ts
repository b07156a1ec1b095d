import Database from 'better-sqlite3';

/** For tests: makes a closed log what a Rollcall of format 1 would have left; the last of them knew how far a log is compacted. */
export const makeFormat1 = (path: string, { compacted }: { compacted: boolean }): void => {
  const file = new Database(path);
  file.exec(`
    ALTER TABLE events DROP COLUMN checksum;
    ALTER TABLE log DROP COLUMN events;
    ALTER TABLE log DROP COLUMN checksums;
    ${compacted ? '' : 'ALTER TABLE log DROP COLUMN compacted;'}
    PRAGMA user_version = 1;
    PRAGMA auto_vacuum = NONE;
    VACUUM`);
  file.close();
};
