import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandsShown, helpOf, withHelp } from './help-blocks.ts';

const page = readFileSync('docs/commands.md', 'utf8');

describe('docs/commands.md', () => {
  it('shows the help of every command, as it is', async () => {
    const named = async (command: string): Promise<readonly string[]> => {
      const [, list = ''] = (await helpOf(command)).split('Commands:\n');
      const names = [...list.matchAll(/^ {2}([\w-]+) /gm)].map(([, name = '']) => name);
      return names.filter((name) => name !== 'help').map((name) => `${command} ${name}`.trim());
    };
    const commands = await named('');
    const below = (await Promise.all(commands.map(named))).flat();
    expect([commands.length, commands]).toEqual([expect.any(Number), expect.arrayContaining(['support-bundle'])]);
    expect(below).toContain('audit verify');
    expect([...commandsShown(page)].sort()).toEqual(['', ...commands, ...below].sort());
    expect(await withHelp(page)).toBe(page);
  });

  it('is no longer fresh when a word of it is changed by hand', async () => {
    const changed = page.replace('Usage: postern plan', 'Usage: postern plant');
    expect(await withHelp(changed)).toBe(page);
  });
});
