import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { logMissing } from './log-errors.ts';
import type { Names } from './names.ts';
import { positionOf, type Stored, typeOf } from './record.ts';
import type { Server } from './server.ts';
import type { Streams } from './streams.ts';
import { appendMessages, type Proposal } from './wire.ts';

const CREATED = 'LogCreated';
const FORMAT = 1;

/** `id`: identity of the log. `birth`: where it begins; nothing of ours lies before. */
export type Birth = { id: string; birth: number };

/** Notes of the log on itself, which are no events of it. */
export const note = (world: World, type: string, data: unknown, metadata: unknown = {}): Proposal => ({
  id: world.random.uuid(),
  type,
  data: Buffer.from(JSON.stringify(data)),
  metadata: Buffer.from(JSON.stringify(metadata)),
});

export const noteData = (stored: Stored): unknown => JSON.parse(Buffer.from(stored.getData_asU8()).toString());

const formatOf = (stored: Stored): unknown => {
  const data = typeOf(stored) === CREATED ? noteData(stored) : undefined;
  return typeof data === 'object' && data !== null && 'format' in data ? data.format : undefined;
};

const birthOf = (stored: Stored, where: string): Birth => {
  const format = formatOf(stored);
  if (format === FORMAT) return { id: stored.getId()?.getString() ?? '', birth: positionOf(stored) };
  throw new RollcallError(
    'LOG_FORMAT_UNKNOWN',
    `The event log at ${where} has format ${JSON.stringify(format)}; this Rollcall knows format ${FORMAT}.`,
    'Run the version of Rollcall that made it, or choose another prefix.',
  );
};

/**
 * Finds the log's first note or, to write, makes it; of several that do so at once, one does.
 * @throws RollcallError LOG_MISSING, LOG_FORMAT_UNKNOWN, LOG_UNAVAILABLE, LOG_NOT_LEADER, LOG_ACCESS_DENIED
 */
export const findOrCreate = async (
  server: Server,
  streams: Streams,
  names: Names,
  mode: 'write' | 'read',
): Promise<Birth> => {
  const found = await streams.event(names.log, 0);
  if (found) return birthOf(found, server.where);
  if (mode === 'read') throw logMissing(server.where, names.prefix);
  const created = note(server.world, CREATED, { format: FORMAT });
  await server.append(appendMessages(names.log, 'none', [created]));
  const first = await streams.event(names.log, 0);
  if (!first) throw logMissing(server.where, names.prefix);
  return birthOf(first, server.where);
};
