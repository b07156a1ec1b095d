import { statSync } from 'node:fs';
import type { World } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import { type EmbeddedLog, openEmbeddedLog } from '@rollcall/event-log';
import { imagePath } from '@rollcall/projector-service/list';
import { readImage } from '@rollcall/state-cache';
import { type DoctorFinding, found } from './operations/examine.ts';
import { bytes } from './reading/bytes.ts';

/** An event takes some 200 bytes: room for a few million. */
const LITTLE_ROOM = 1e9;

/**
 * What a data directory says of itself, without anybody running on it: read only, nothing is held up.
 * @param thorough reads every event and lets the log check itself
 */
export const checkDataDir = async (data: string, world: World, thorough: boolean): Promise<DoctorFinding[]> => {
  const findings = [modeOf(data)];
  let log: EmbeddedLog;
  try {
    log = openEmbeddedLog({ dir: data, world, mode: 'read' });
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return [...findings, found('data', 'log', false, `${error.code}: ${error.message}`, error.advice)];
  }
  try {
    const { disk, shrinks, freeBytes } = await log.stats();
    if (disk) {
      const room = disk.freeBytes + freeBytes;
      findings.push(
        found(
          'data',
          'disk room',
          room >= LITTLE_ROOM,
          `${bytes(room)} of ${bytes(disk.bytes)} are free for the log.`,
          'Make room, or keep less: retain, retainSize.',
        ),
      );
    }
    findings.push(
      found(
        'data',
        'log file',
        shrinks || undefined,
        shrinks
          ? 'The file gives back what retention drops.'
          : 'The file was made by an older Rollcall: what retention drops is used again, and not given back.',
        '"rollcall log export" and "log import" into a new directory make a file that can.',
      ),
      await imageOf(data, log),
    );
    if (thorough) findings.push(await soundness(log));
    return findings;
  } finally {
    await log.close();
  }
};

const modeOf = (data: string): DoctorFinding => {
  const stats = statSync(data, { throwIfNoEntry: false });
  if (!stats?.isDirectory())
    return found('data', 'directory', false, `${data} is no directory.`, 'Name the data directory: --data DIR.');
  const open = (stats.mode & 0o077) !== 0;
  return found(
    'data',
    'directory',
    !open,
    open
      ? `Others on this machine may look into ${data}: it holds every call, and the operator's token.`
      : `${data} is for its owner alone.`,
    `chmod 700 ${data}`,
  );
};

const imageOf = async (data: string, log: EmbeddedLog): Promise<DoctorFinding> => {
  const place = { id: log.id, head: await log.head(), compactedTo: await log.compactedTo() };
  try {
    const image = await readImage(imagePath(data), place);
    const behind = place.head - (image?.checkpoint ?? 0);
    return image
      ? found('data', 'image', true, `A restart begins with the image, ${behind} positions behind.`, '')
      : found(
          'data',
          'image',
          undefined,
          'There is no image yet: a restart reads what is open.',
          'One is saved when Rollcall stops.',
        );
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return found('data', 'image', false, error.message, 'Nothing is lost: the next start makes the list from the log.');
  }
};

const soundness = async (log: EmbeddedLog): Promise<DoctorFinding> => {
  let events = 0;
  const wrong: string[] = [];
  for await (const { what, position, detail } of log.check({
    progress: (progress) => {
      events = progress.events;
    },
  })) {
    wrong.push(`${what}${position === undefined ? '' : ` at #${position}`}: ${detail}`);
    if (wrong.length === 100) break;
  }
  const [first] = wrong;
  return found(
    'data',
    'log',
    first === undefined,
    first === undefined
      ? `All ${events.toLocaleString('en')} events are as they were written.`
      : `${wrong.length === 100 ? 'More than 99' : wrong.length} things are wrong; the first is ${first}.`,
    'See "rollcall verify"; restore a backup.',
  );
};
