import { createAmiObserver } from '../ami/observer.ts';
import { type Chunk, type ChunksFile, chunksError, readChunks } from './chunks.ts';
import { emptyReport, type RecordedPart, type Recording } from './recording.ts';
import { uncompressed } from './uncompressed.ts';

export type AmiRecordingOptions = {
  /** Names of the channel variables to observe. */
  variables: readonly string[];
  /** Tells when which bytes were received. Without it no part has a time. */
  chunks?: ChunksFile | undefined;
  /** When the recording began, in milliseconds since 1970: with `chunks`, the receive time of what carries no time itself. */
  startedAt?: number | undefined;
};

/** One part of a recording that has no chunks. */
const PIECE = 64 * 1024;

/**
 * Reads the bytes of AMI connections as they were received, gzipped or not, one connection after another.
 * @throws RollcallError RECORDING_CHUNKS, from `parts`, where the chunks do not fit the bytes
 */
export const readAmiRecording = (
  input: AsyncIterable<Buffer>,
  { variables, chunks, startedAt }: AmiRecordingOptions,
): Recording => {
  const report = emptyReport();
  const observer = createAmiObserver({ variables });
  const bytes = uncompressed(input, (why) => {
    report.damage = why;
  });
  const count = () => {
    report.events = observer.counters.messages;
    report.malformed = observer.counters.malformed + observer.counters.discarded;
  };

  async function* parts(): AsyncGenerator<RecordedPart, void> {
    let t: number | undefined;
    const whole = () => report.damage === undefined;
    for await (const piece of chunks ? inChunks(bytes, chunks, whole) : inPieces(bytes)) {
      t = piece.t;
      const receivedAt = t === undefined || startedAt === undefined ? undefined : startedAt + t;
      const observations = observer.push(piece.bytes, receivedAt);
      count();
      yield { t, observations, bytes: piece.bytes.length };
    }
    const observations = observer.end();
    count();
    if (observations.length) yield { t, observations, bytes: 0 };
  }

  return { parts: parts(), report };
};

type Piece = { t: number | undefined; bytes: Buffer };

async function* inPieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<Piece, void> {
  for await (const piece of bytes) {
    for (let from = 0; from < piece.length; from += PIECE)
      yield { t: undefined, bytes: piece.subarray(from, from + PIECE) };
  }
}

/** `whole`: false once the recording turned out to be cut short, so that it cannot be expected to reach its last chunk. */
async function* inChunks(
  bytes: AsyncIterable<Buffer>,
  file: ChunksFile,
  whole: () => boolean,
): AsyncGenerator<Piece, void> {
  const chunks = readChunks(file);
  let at = 0;
  let chunk: Chunk | undefined;
  const endOf = ({ at, length }: Chunk): number => at + length;

  for await (const piece of bytes) {
    let from = 0;
    while (from < piece.length) {
      while (!chunk || at >= endOf(chunk)) {
        const next = await chunks.next();
        if (next.done) throw chunksError(file.name, chunk?.line, `it ends at byte ${at}, but the recording goes on`);
        chunk = next.value;
      }
      const take = Math.min(piece.length - from, endOf(chunk) - at);
      yield { t: chunk.t, bytes: piece.subarray(from, from + take) };
      from += take;
      at += take;
    }
  }
  if (!whole()) return;
  if (chunk && at < endOf(chunk)) throw tooShort(file, chunk, at);
  for await (const more of chunks) if (more.length) throw tooShort(file, more, at);
}

const tooShort = (file: ChunksFile, chunk: Chunk, at: number) =>
  chunksError(file.name, chunk.line, `it goes to byte ${chunk.at + chunk.length}, but the recording ends at ${at}`);
