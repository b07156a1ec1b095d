import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

/** A progress bar on a terminal; nothing at all in a pipe. */
export const createProgress = (terminal: Terminal, what: string, total: number) => {
  if (terminal.columns === undefined || total === 0) return { at: (_value: number) => {}, done: () => {} };
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage}% {value}/{total} {eta_formatted} left`,
      clearOnComplete: true,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    at: (value: number) => bar.update(value),
    done: () => bar.stop(),
  };
};
