import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line that any CI system can read. */
class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      const suites = [...module.children.allSuites()];
      // A failed hook belongs to no test, and its tests count as skipped.
      count.failed += [module, ...suites].filter((part) => part.errors().length > 0).length;
    }
    const failed = count.failed + count.pending + unhandled.length;
    process.stdout.write(`\n${count.skipped} skipped\n${count.passed} passed, ${failed} failed\n`);
  }
}

// The test runner takes a reporter from a module's default export.
export { Summary as default };
