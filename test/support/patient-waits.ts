import { vi } from 'vitest';

/** As long as a test may wait for what will come, on a machine that has other things to do; one second is vitest's own. */
const PATIENCE_MS = 40_000;

const { waitFor } = vi;
vi.waitFor = (condition, options = {}) =>
  waitFor(condition, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });
