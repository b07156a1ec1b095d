import { RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import { createLineReader, type Line } from './lines.ts';
import { uncompressed } from './uncompressed.ts';

/** When the bytes [at, at + length) of a recording were received. */
export type Chunk = { t: number; at: number; length: number; line: number };

/** The `--chunks` file beside a recording of raw bytes: one `{"t": milliseconds, "at": offset, "n": length}` a line. */
export type ChunksFile = { input: AsyncIterable<Buffer>; name: string };

const schema = z.object({ t: z.number(), at: z.int().nonnegative(), n: z.int().nonnegative() });

/**
 * The chunks in order, each beginning where the one before ended.
 * @throws RollcallError RECORDING_CHUNKS, naming file and line
 */
export async function* readChunks({ input, name }: ChunksFile): AsyncGenerator<Chunk, void> {
  let expected = 0;
  const chunk = (line: Line): Chunk => {
    const { t, at, n } = parse(line, name);
    if (at !== expected) throw chunksError(name, line.number, `"at" is ${at}, but the line before ends at ${expected}`);
    expected += n;
    return { t, at, length: n, line: line.number };
  };
  const lines = createLineReader();
  let damage: string | undefined;
  const pieces = uncompressed(input, (why) => {
    damage = why;
  });
  for await (const piece of pieces) yield* lines.push(piece).map(chunk);
  if (damage !== undefined) throw chunksError(name, undefined, damage);
  yield* lines.end().map(chunk);
}

const parse = ({ text = '', number }: Line, name: string): z.infer<typeof schema> => {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw chunksError(name, number, `${issue?.path.join('.') || 'line'}: ${issue?.message}`);
  } catch (error) {
    throw error instanceof RollcallError ? error : chunksError(name, number, 'not JSON');
  }
};

export const chunksError = (name: string, line: number | undefined, why: string): RollcallError =>
  new RollcallError(
    'RECORDING_CHUNKS',
    `${name}${line === undefined ? '' : ` line ${line}`}: ${why}.`,
    'Give the chunks file that was recorded with these bytes, or none: then the recording plays without its times.',
  );
