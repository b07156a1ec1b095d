import { type Position, position } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { EmbeddedLog } from '@rollcall/event-log';
import { replayOpen } from '@rollcall/projector';
import { type CacheReader, digest } from '@rollcall/state-cache';

export type CompactRequest = {
  /** Streams that closed at or before this are dropped; no further than the list has come. */
  before: Position;
  signal?: AbortSignal;
  progress?: (progress: { position: Position; streams: number; events: number }) => void;
};

export type CompactResult = {
  streams: number;
  events: number;
  /** Streams that somebody was reading just then: the next time drops them. */
  held: number;
  compactedTo: number;
  /** Bytes. */
  givenBack: number;
  /** The list as of `position`, folded from the log before and after: the same. */
  proof: { position: number; channels: number; digest: string };
};

/**
 * Drops what is over, and proves that the list which the log gives is the same as before.
 * @throws RollcallError COMPACTION_CHANGED_LIST, and those of the log
 */
export const compactLog = async (
  log: EmbeddedLog,
  cache: Pick<CacheReader, 'checkpoint'>,
  { before, signal, progress }: CompactRequest,
): Promise<CompactResult> => {
  const at = cache.checkpoint;
  const whole = await replayOpen(log, at);
  const told = digest(whole);
  const compacted = await log.compact({
    before: position(Math.min(before, at)),
    ...(signal && { signal }),
    ...(progress && { progress }),
  });
  if (digest(await replayOpen(log, at)) !== told) throw changed(at);
  return { ...compacted, proof: { position: at, channels: whole.size, digest: told } };
};

const changed = (at: Position) =>
  new RollcallError(
    'COMPACTION_CHANGED_LIST',
    `After compacting, the log gives another list as of position ${at} than before.`,
    'This is a defect: please report it. Take a backup with "rollcall log backup", then see "rollcall verify".',
  );
