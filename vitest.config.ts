import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 180_000,
    hookTimeout: 240_000,
    setupFiles: ['./test/kit/seed.ts'],
    pool: 'forks',
    // One more than the cores that are there: what runs processes of its own mostly waits for them.
    maxWorkers: 3,
    reporters: ['default', './test/kit/summary.ts'],
    // In the order of their names, so that what takes long is not left to the end.
    projects: [
      { extends: true, test: { name: 'across folders', include: ['{adapters,test}/**/*.test.ts'] } },
      // Modules have no state, so short tests may share them: loading them anew takes longer than most of these run.
      {
        extends: true,
        test: { name: 'beside the code', include: ['{src,kit,tools,web,bench}/**/*.test.ts'], isolate: false },
      },
    ],
  },
});
