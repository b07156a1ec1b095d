/**
 * For tests: another process on a data directory. `node log-process.ts <what> <dir> [run]`
 * - `write`: appends without end, three events to each new stream, and prints each stream once its append is acknowledged
 * - `compact`: drops all that is over, and prints a line after each transaction
 * - `churn`: appends streams that end at once and drops them again, without end, and prints a line after each round
 * - `restore`: makes a log from the export in the file `run`, and prints a line after each transaction
 * - `lock`: takes the directory's lock and keeps it
 * - `open-to-write`, `open-to-read`: opens the log, reads it, and prints how many events, or the code of the error
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, writeSync } from 'node:fs';
import { type NewEvent, position, SCHEMA_VERSION, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import { lockDataDir } from '../data-dir-lock.ts';
import { openEmbeddedLog } from '../embedded-log.ts';
import { exportLines } from '../export-lines.ts';
import { restoreLog } from '../restore-log.ts';

const CONCURRENT = 25;

const [what, dir = '', run = '0'] = process.argv.slice(2);

/** Not through process.stdout: what is printed must be out before the process is killed. */
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const event = (state: number): NewEvent => ({
  type: 'ChannelStateChanged',
  data: { state },
  id: randomUUID(),
  time: state,
  pbx: 'pbx-a',
  boot: 1,
  source: 'ami',
  schema: SCHEMA_VERSION,
});

const write = async (): Promise<void> => {
  const log = openEmbeddedLog({ dir, world: systemWorld });
  print('ready');
  const one = async (lane: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const stream = `channel/pbx-a/1/${run}.${lane}.${count}`;
      await log.append(stream, 'none', [event(0), event(1), event(2)]);
      print(stream);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, (_, lane) => one(lane)));
};

const open = async (mode: 'write' | 'read'): Promise<void> => {
  const log = openEmbeddedLog({ dir, world: systemWorld, mode });
  let count = 0;
  for await (const batch of log.readAll(START)) count += batch.length;
  print(`${count} events`);
  await log.close();
};

const compact = async (): Promise<void> => {
  const log = openEmbeddedLog({ dir, world: systemWorld });
  const { streams } = await log.compact({ before: await log.head(), progress: (done) => print(`${done.streams}`) });
  print(`done ${streams}`);
  await log.close();
};

const churn = async (): Promise<void> => {
  const log = openEmbeddedLog({ dir, world: systemWorld, terminal: () => true });
  for (let round = 0; ; round += 1) {
    const streams = Array.from({ length: 400 }, (_, index) => `channel/pbx-a/1/${round}.${index}`);
    await Promise.all(streams.map((stream) => log.append(stream, 'none', [event(0), event(1)])));
    await log.compact({ before: position((await log.head()) - 400) });
    print(`${round}`);
  }
};

const restore = async (): Promise<void> => {
  const lines = exportLines(createReadStream(run));
  const progress = ({ written }: { written: number }): void => print(`${written}`);
  const { complete } = await restoreLog({ dir, lines, world: systemWorld, progress });
  print(complete ? 'complete' : 'not complete');
};

try {
  if (what === 'write') await write();
  if (what === 'restore') await restore();
  if (what === 'churn') await churn();
  if (what === 'compact') await compact();
  if (what === 'open-to-write') await open('write');
  if (what === 'open-to-read') await open('read');
  if (what === 'lock') {
    lockDataDir(dir, systemWorld.clock);
    print('ready');
    setInterval(() => {}, 1_000);
  }
} catch (error) {
  print(isRollcallError(error) ? error.code : String(error));
}
