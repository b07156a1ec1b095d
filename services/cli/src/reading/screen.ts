import { createLogUpdate } from 'log-update';

/** A terminal that a command draws on as a whole. */
export type Screen = {
  readonly rows: number;
  readonly columns: number;
  /** Replaces what is on the screen. */
  draw: (text: string) => void;
  /** Keys as the terminal sends them; Ctrl-C is `\x03`. */
  onKey: (listener: (key: string) => void) => void;
  onResize: (listener: () => void) => void;
  /** Gives the terminal back as it was found. May be called twice. */
  close: () => void;
};

const ALTERNATE = '\x1b[?1049h\x1b[H';
const PRIMARY = '\x1b[?1049l';
const SHOW_CURSOR = '\x1b[?25h';

/** The process's own terminal, on its alternate screen: what was there before comes back, however the process ends. */
export const processScreen = (): Screen => {
  const { stdin, stdout } = process;
  const update = createLogUpdate(stdout);
  const resized: (() => void)[] = [];
  const keyed: ((data: Buffer) => void)[] = [];
  let open = true;
  stdout.write(ALTERNATE);
  if (stdin.isTTY) stdin.setRawMode(true);
  const close = (): void => {
    if (!open) return;
    open = false;
    process.off('exit', close);
    for (const listener of resized) stdout.off('resize', listener);
    for (const listener of keyed) stdin.off('data', listener);
    update.done();
    stdout.write(SHOW_CURSOR + PRIMARY);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  };
  process.once('exit', close);
  return {
    get rows() {
      return stdout.rows;
    },
    get columns() {
      return stdout.columns;
    },
    draw: (text) => {
      if (open) update(text);
    },
    onKey: (listener) => {
      const onData = (data: Buffer): void => {
        for (const key of data.toString('utf8')) listener(key);
      };
      keyed.push(onData);
      stdin.on('data', onData);
    },
    onResize: (listener) => {
      resized.push(listener);
      stdout.on('resize', listener);
    },
    close,
  };
};
