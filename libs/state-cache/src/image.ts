import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Channel,
  channelStream,
  type Pbx,
  type Position,
  position,
  type Quarantined,
  shapeChannel,
} from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import { canonicalLines } from './canonical.ts';
import type { CacheReader, Changes } from './state-cache.ts';

/** Raised whenever the fold or the form of a channel changes: an image of another version is not believed. */
export const IMAGE_VERSION = 2;

const headerSchema = z.object({
  rollcallImage: z.int(),
  log: z.string(),
  position: z.int().nonnegative(),
  lines: z.int().nonnegative(),
});

/**
 * Writes the cache to `path` for a fast restart: beside it first, made durable, then moved into place, so that a crash
 * leaves the old image or the new one.
 * @throws RollcallError IMAGE_NOT_SAVED, with the reason; the old image, if there is one, stays
 */
export const writeImage = async (path: string, cache: CacheReader, log: string): Promise<void> => {
  // One turn from here to the body: the image is of one position.
  const lines = [...canonicalLines(cache)];
  const body = lines.map((line) => `${line}\n`).join('');
  const header = JSON.stringify({
    rollcallImage: IMAGE_VERSION,
    log,
    position: cache.checkpoint,
    lines: lines.length,
  });
  const content = `${header}\n${body}`;
  const fresh = `${path}.new`;
  try {
    await writeDurably(fresh, `${sha256(content)} ${content}`);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {}); // What could not be written may not be removable either.
    throw notSaved(path, error);
  }
  const dir = await open(dirname(path), 'r');
  await dir.sync().catch(() => {}); // Some file systems refuse to sync a directory; the rename is then theirs to keep.
  await dir.close();
};

const writeDurably = async (path: string, content: string): Promise<void> => {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * Reads an image, believing nothing: form, version, checksum, the log it is of, that it is not ahead of that log, and that the
 * log still has all that came after it.
 * Undefined when there is none.
 * @throws RollcallError IMAGE_REFUSED, with the reason; the cache is then made anew by replay
 */
export const readImage = async (
  path: string,
  log: { id: string; head: Position; compactedTo: Position },
): Promise<Changes | undefined> => {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw refused(path, error.message);
  });
  if (bytes === undefined) return undefined;
  const content = bytes.subarray(HASH + 1);
  // The checksum stands before everything that it covers, the position above all.
  if (bytes.toString('latin1', 0, HASH + 1) !== `${sha256(content)} `)
    throw refused(path, 'its checksum does not match');
  const end = content.indexOf(10);
  const header = headerSchema.safeParse(parse(content.subarray(0, Math.max(end, 0)).toString()));
  if (!header.success) throw refused(path, 'its header is not understood');
  const { rollcallImage, log: id, position: at, lines } = header.data;
  if (rollcallImage !== IMAGE_VERSION) throw refused(path, `it has version ${rollcallImage}, this is ${IMAGE_VERSION}`);
  if (id !== log.id) throw refused(path, 'it is of another log');
  if (at > log.head) throw refused(path, `it is at position ${at}, beyond the log's end ${log.head}`);
  if (at < log.compactedTo) {
    throw refused(path, `it is at position ${at}, and the log has dropped what ended up to ${log.compactedTo}`);
  }
  const body = content.subarray(end + 1);

  const puts = new Map<string, Channel>();
  const pbxs: Pbx[] = [];
  const quarantine = new Map<string, Quarantined>();
  const records = body.length === 0 ? [] : body.toString().trimEnd().split('\n');
  if (records.length !== lines) throw refused(path, `it has ${records.length} lines, not ${lines}`);
  for (const line of records) {
    const record: { pbx: Pbx } | { channel: Channel } | { quarantined: Quarantined } = JSON.parse(line);
    if ('pbx' in record) pbxs.push(shapePbx(record.pbx));
    else if ('quarantined' in record) quarantine.set(record.quarantined.stream, record.quarantined);
    else {
      const channel = shapeChannel(record.channel);
      puts.set(channelStream(channel.pbx, channel.boot, channel.uniqueid), channel);
    }
  }
  return { puts, removals: [], pbxs, quarantine, checkpoint: position(at) };
};

/** Of a SHA-256 in hex. */
const HASH = 64;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** JSON leaves out what is undefined; the fields come back in their order. */
const shapePbx = (pbx: Pbx): Pbx => ({
  name: pbx.name,
  boot: pbx.boot,
  startup: pbx.startup,
  connected: pbx.connected,
  source: pbx.source,
  version: pbx.version,
  recording: pbx.recording,
  since: pbx.since,
  staleBefore: pbx.staleBefore,
  reconciledAt: pbx.reconciledAt,
  revision: pbx.revision,
  position: pbx.position,
});

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const notSaved = (path: string, cause: unknown) =>
  new RollcallError(
    'IMAGE_NOT_SAVED',
    `The image ${path} could not be saved: ${cause instanceof Error ? cause.message : cause}.`,
    'Nothing is lost: the next start reads the log instead, which takes longer.',
    { cause },
  );

const refused = (path: string, why: string) =>
  new RollcallError('IMAGE_REFUSED', `The image ${path} is not used: ${why}.`, 'The list is made anew from the log.');
