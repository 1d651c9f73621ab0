import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const bench = (...argv: string[]) => run('node', ['--import', 'tsx', 'bench/main.ts', ...argv]);

it('says what there is to choose from', async () => {
  const { stdout } = await bench('--help');
  expect(stdout).toMatch(/^npm run bench -- /);
  expect(stdout).toMatch(/compile, .*cold-start/);
});

it.each([
  ['an option that there is none of', ['--halp'], "Unknown option '--halp'"],
  ['a benchmark that there is none of, before it measures any', ['compile', 'nothing'], 'no benchmark "nothing"'],
])('refuses %s in one line', async (_, argv, told) => {
  const { stdout, stderr } = await bench(...argv).catch((error: unknown) => error as Awaited<ReturnType<typeof bench>>);
  expect([stdout, stderr.trim().split('\n')]).toEqual(['', [expect.stringContaining(told)]]);
});
