import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// SQLite is a native module and the tests kill processes: each test file gets a process of its own.
export default defineConfig({
  test: {
    include: ['libs/**/*.test.ts', 'services/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', './test/support/counting-reporter.ts'],
    pool: 'forks',
    // One more than the cores that CI has: the long ones wait more than they compute.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['./test/support/disk-in-memory.ts'],
    setupFiles: ['./test/support/patient-waits.ts'],
    // For what never comes: no test is to be lost to a machine that is busy.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
