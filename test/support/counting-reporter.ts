import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line of counts, skipped tests among them: a skip is not a pass. */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      const before = counts.passed + counts.failed + counts.skipped;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed') counts[state]++;
        else counts.skipped++;
      }
      // A file that could not even be loaded has no tests to fail.
      if (module.state() === 'failed' && counts.passed + counts.failed + counts.skipped === before) counts.failed++;
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
