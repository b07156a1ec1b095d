/** Where a command prints and what it may print: given to it, so that tests can be the terminal. */
export type Terminal = {
  out: (text: string) => void;
  err: (text: string) => void;
  /** Columns of an interactive terminal; undefined in a pipe: then no colours, no progress bars, no redrawing. */
  columns: number | undefined;
  colour: boolean;
};

export const processTerminal = (): Terminal => ({
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  colour: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR,
});
