import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import Database from 'better-sqlite3';
import { lives } from './channel-lives.ts';

/** Lives under way or about to begin: some 2,000 of them are live at every moment, and at the end. */
const POOL = 2_300;

const COMMIT = 1_000;
/** One event of the PBX itself to so many of its channels: a busy PBX that is compared with its list once a minute. */
const PBX_EVERY = 6_000;

/** Written through the log's own appends; the rest of a larger log is this, over and over. */
const WRITTEN = 1_000_000;

/**
 * The data directory of a log of so many events; made once and kept in ${ROLLCALL_CACHE:-~/.cache/rollcall}/bench, some 200 bytes
 * an event. The first million is written; its calls that are over come again behind it, as often as it takes (without checksums).
 */
export const bigLog = async (events: number): Promise<string> => {
  const dir = join(process.env.ROLLCALL_CACHE ?? join(homedir(), '.cache', 'rollcall'), 'bench', `log-${events}-v3`);
  if (existsSync(dir)) return dir;
  const unfinished = `${dir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  console.error(`Making a log of ${events.toLocaleString('en')} events in ${dir} …`);
  await write(unfinished, Math.min(events, WRITTEN));
  if (events > WRITTEN) repeat(join(unfinished, 'events.db'), events);
  renameSync(unfinished, dir);
  return dir;
};

const write = async (dir: string, events: number): Promise<void> => {
  const log = openEmbeddedLog({ dir, world: systemWorld });
  let pbxHead = -1;
  let waiting: Promise<unknown>[] = [];
  let written = 0;
  for (const { stream, expected, event } of lives(events, { alive: POOL })) {
    if (written % PBX_EVERY === 0) {
      const { id, time, pbx, boot } = event;
      const type = pbxHead === -1 ? 'PbxBooted' : 'Reconciled';
      const data =
        type === 'PbxBooted' ? { boot, evidence: 'first-seen' } : { listed: 1, created: 0, changed: 1, removed: 0 };
      const own = { id, time, pbx, boot, source: 'reconcile', schema: SCHEMA_VERSION };
      const expectedOfPbx = pbxHead === -1 ? 'none' : revision(pbxHead);
      waiting.push(log.append(pbxStream(pbx), expectedOfPbx, [{ ...own, type, data } as typeof event]));
      pbxHead += 1;
      written += 1;
    }
    waiting.push(log.append(stream, expected, [event]));
    written += 1;
    if (waiting.length < COMMIT) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  await log.close();
};

/** Copies of the streams that are over follow what was written. */
const repeat = (path: string, events: number): void => {
  const db = new Database(path);
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -1000000');
  const head = db.prepare<[], number>('SELECT max(position) FROM events').pluck().get() ?? 0;
  const copies = Math.ceil(events / WRITTEN) - 1;
  db.exec(`
    CREATE TEMP TABLE over AS SELECT id, name, pbx, closed FROM streams WHERE closed IS NOT NULL;
    CREATE TEMP TABLE said AS SELECT * FROM events WHERE stream IN (SELECT id FROM over) ORDER BY position;
  `);
  const copyStreams = db.prepare(
    `INSERT INTO streams (id, name, pbx, closed) SELECT id + @by, name || '-' || @copy, pbx, closed + @by FROM over ORDER BY id`,
  );
  const copyEvents = db.prepare(
    `INSERT INTO events (position, stream, revision, kind, time, recorded, id, data)
     SELECT position + @by, stream + @by, revision, kind, time, recorded, id, data FROM said`,
  );
  // The open streams stay where they are, at the very beginning: a list of now has to find them across the whole log.
  for (let copy = 1; copy <= copies; copy += 1) {
    copyStreams.run({ by: copy * head, copy });
    copyEvents.run({ by: copy * head });
  }
  db.exec('UPDATE log SET events = (SELECT count(*) FROM events)');
  db.close();
};
