const LF = 0x0a;

/** A line of a recording, numbered from 1. `text` is undefined when the line was longer than the limit. */
export type Line = {
  number: number;
  text: string | undefined;
  /** In bytes, the line end included. */
  bytes: number;
  /** False for a last line without a line end: the recording may have been cut within it. */
  ended: boolean;
};

export type LineReader = {
  /** The lines that end in this piece. */
  push(piece: Buffer): Line[];
  /** The last line, where none ended it. */
  end(): Line[];
};

/** Cuts UTF-8 bytes into lines, wherever the pieces were cut. Holds at most `limit` bytes of a line (default 1 MiB). */
export const createLineReader = (limit = 1024 * 1024): LineReader => {
  let number = 0;
  let held: Buffer[] = [];
  let length = 0;

  const hold = (piece: Buffer) => {
    length += piece.length;
    if (length <= limit) held.push(piece);
    else held = [];
  };

  const line = (ended: boolean): Line => {
    number += 1;
    const text = length > limit ? undefined : Buffer.concat(held).toString('utf8');
    const bytes = length + (ended ? 1 : 0);
    held = [];
    length = 0;
    return { number, text, bytes, ended };
  };

  return {
    push(piece) {
      const lines: Line[] = [];
      let from = 0;
      for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, from)) {
        hold(piece.subarray(from, at));
        lines.push(line(true));
        from = at + 1;
      }
      if (from < piece.length) hold(piece.subarray(from));
      return lines;
    },
    end: () => (length ? [line(false)] : []),
  };
};
