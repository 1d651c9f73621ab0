import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandsShown, helpOf, withHelp } from './help-blocks.ts';

const page = readFileSync('docs/commands.md', 'utf8');

describe('docs/commands.md', () => {
  it('shows the help of every command, as it is', async () => {
    const commands = [...(await helpOf('')).matchAll(/^ {2}(\w+) /gm)].map(([, command]) => command);
    expect(commands.length).toBeGreaterThan(5);
    expect([...commandsShown(page)].sort()).toEqual(['', ...commands.filter((command) => command !== 'help')].sort());
    expect(await withHelp(page)).toBe(page);
  });

  it('is no longer fresh when a word of it is changed by hand', async () => {
    const changed = page.replace('Usage: postern plan', 'Usage: postern plant');
    expect(await withHelp(changed)).toBe(page);
  });
});
