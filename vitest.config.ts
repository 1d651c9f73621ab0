import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,adapters,kit,tools,web,test,bench}/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 240_000,
    setupFiles: ['./test/kit/seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './test/kit/summary.ts'],
  },
});
