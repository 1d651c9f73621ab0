import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { showPostern } from '../src/cli/testing/run-postern.ts';

const examples = fileURLToPath(new URL('../examples', import.meta.url));

/** Runs a command line and gives back what a person sees. */
async function shown(...argv: string[]): Promise<string> {
  const { text, code } = await showPostern(argv);
  return `${text}exit code ${code}\n`;
}

const scenarios = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/*
 * The examples, as a security engineer reviewed them. After a change that means to change them: `npx vitest run
 * test/scenarios.test.ts -u`, and read the difference as carefully as the code.
 */
describe.each(scenarios.map(({ name }) => name))('examples/%s', (name) => {
  it.each(['matrix', 'plan', 'lint'])('%s prints what was reviewed', async (command) => {
    const text = await shown(command, '-f', `${examples}/${name}`);
    await expect(text).toMatchFileSnapshot(`../examples/${name}/expected/${command}.txt`);
  });
});
