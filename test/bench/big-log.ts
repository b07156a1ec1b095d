import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { lives } from './channel-lives.ts';

/** Lives under way or about to begin: some 2,000 of them are live at every moment, and at the end. */
const POOL = 2_300;

const COMMIT = 1_000;
/** One event of the PBX itself to so many of its channels: a busy PBX that is compared with its list once a minute. */
const PBX_EVERY = 6_000;

/**
 * The data directory of a log of so many events, written through the log's own appends; made once and kept in
 * ${ROLLCALL_CACHE:-~/.cache/rollcall}/bench, some 200 bytes an event.
 */
export const bigLog = async (events: number): Promise<string> => {
  const dir = join(process.env.ROLLCALL_CACHE ?? join(homedir(), '.cache', 'rollcall'), 'bench', `log-${events}-v2`);
  if (existsSync(dir)) return dir;
  const unfinished = `${dir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  console.error(`Making a log of ${events.toLocaleString('en')} events in ${dir} …`);
  const log = openEmbeddedLog({ dir: unfinished, world: systemWorld });
  let pbxHead = -1;
  let waiting: Promise<unknown>[] = [];
  let written = 0;
  for (const { stream, expected, event } of lives(events, { alive: POOL })) {
    if (written % PBX_EVERY === 0) {
      const { id, time, pbx, boot } = event;
      const type = pbxHead === -1 ? 'PbxBooted' : 'Reconciled';
      const data =
        type === 'PbxBooted' ? { boot, evidence: 'first-seen' } : { listed: 1, created: 0, changed: 1, removed: 0 };
      const own = {
        id: `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`,
        time,
        pbx,
        boot,
        source: 'reconcile',
        schema: SCHEMA_VERSION,
      };
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
  renameSync(unfinished, dir);
  return dir;
};
