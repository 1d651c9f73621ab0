import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runPostern } from './testing/run-postern.ts';

const scriptFor = async (shell: string): Promise<string> => (await runPostern(['completion', shell])).out;

describe('postern completion', () => {
  it.each([
    [['postern', 'ma'], 'matrix'],
    [['postern', 'plan', '--li'], '--live'],
    [['postern', 'diff', '-o', 'mark'], 'markdown'],
    [['postern', 'audit', 'ver'], 'verify'],
  ])('completes %j in bash', async (words, expected) => {
    const typed = words.map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _postern; echo "\${COMPREPLY[@]}"`;
    const script = `${await scriptFor('bash')}\n${ask}`;
    expect(execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim()).toBe(expected);
  });

  it('has every command for zsh and fish, with what it is', async () => {
    expect(await scriptFor('zsh')).toMatch(/^autoload .*bashcompinit\n_postern\(\)/);
    expect(await scriptFor('fish')).toContain("-n __fish_use_subcommand -fa drift -d 'how devices differ");
    expect(await scriptFor('fish')).toContain("-l output -s o -xa 'text json csv html'");
  });

  it('says which shells it knows', async () => {
    const { code, err } = await runPostern(['completion', 'tcsh']);
    expect([code, err]).toEqual([1, expect.stringContaining('bash, zsh, fish')]);
  });
});
