import { defineConfig } from 'vitest/config';

// SQLite is a native module and the tests kill processes: each test file gets a process of its own.
export default defineConfig({
  test: {
    include: ['libs/**/*.test.ts', 'services/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', './test/support/counting-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
