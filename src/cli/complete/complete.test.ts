import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFolder } from '../../../test/kit/folders.ts';
import { runPostern } from '../testing/run-postern.ts';

const company = 'examples/company';
const directory = aFolder();

interface Offered {
  readonly words: readonly string[];
  readonly about: readonly string[];
  /** Bit 2: no space follows; bit 4: no file is meant. */
  readonly directive: string;
}

async function offered(...typed: readonly string[]): Promise<Offered> {
  const { code, out, err } = await runPostern(['__complete', '--', ...typed], { environment: { auditDir: directory } });
  expect([code, err]).toEqual([0, '']);
  const lines = out.trimEnd().split('\n');
  const cells = lines.slice(0, -1).map((line) => line.split('\t'));
  return {
    words: cells.map(([word = '']) => word),
    about: cells.map(([, about = '']) => about),
    directive: lines.at(-1) ?? '',
  };
}

describe('what may follow', () => {
  it.each([
    [['ma'], ['matrix']],
    [['audit', 'ver'], ['verify']],
    [['plan', '--li'], ['--live']],
    [['plan', '-o', 'y'], ['yaml']],
    [['plan', '--output=y'], ['--output=yaml']],
    [['plan', '--output', '=', 'y'], ['--output=yaml']],
    [['diff', '-o', 'mark'], ['markdown']],
    [['completion', 'z'], ['zsh']],
    [['simulate', 'f5'], ['f5-afm']],
    [['simulate', 'f5-afm', ''], []],
    [['explain', 'too-many-re'], ['too-many-removals']],
    [['plan', '-f', company, '--point', ''], ['edge']],
    [['plan', '-f', company, '--point=e'], ['--point=edge']],
    [['plan', '--point', 'e', '-f', company, '--po'], ['--point']],
    [['verify', '-f', company, 'examples/first-steps', '--point', ''], ['edge']],
    [['why', '-f', company, '--at', '1h', 'sho'], ['shop/']],
    [['why', '-f', company, '--at', '1h', 'shop/checkout-1'], ['shop/checkout-1']],
    [['why', '-f', company, '--at', '1h', 'shop/checkout-1', ''], []],
    [['nonsense', ''], []],
  ])('is of %j: %j', async (typed, expected) => {
    expect((await offered(...typed)).words).toEqual(expected);
  });

  it('is every command with what it is, and none that is hidden', async () => {
    const { words, about, directive } = await offered('');
    expect(words).toEqual(expect.arrayContaining(['matrix', 'completion', 'help']));
    expect(about[words.indexOf('drift')]).toMatch(/^how devices differ/);
    expect(words).not.toContain('__complete');
    expect(directive).toBe(':4');
  });

  it('says where files are meant, and where a word goes on', async () => {
    expect((await offered('plan', '-f', '')).directive).toBe(':0');
    expect((await offered('report', '--audit-dir', '')).directive).toBe(':0');
    expect(await offered('diff', '')).toMatchObject({ words: ['cluster', 'git:'], directive: ':0' });
    expect((await offered('why', '-f', company, '--at', '1h', '')).directive).toBe(':6');
  });

  it('is contexts of the kubeconfig that is named', async () => {
    const path = join(directory, 'kubeconfig');
    const contexts = ['blue', 'green'].map((name) => ({ name, context: { cluster: 'c', user: 'u' } }));
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'Config', contexts }));
    expect((await offered('status', '--kubeconfig', path, '--context', '')).words).toEqual(['blue', 'green']);
  });

  it('is nothing where files or a cluster cannot be read', async () => {
    const nowhere = join(directory, 'nowhere');
    expect((await offered('plan', '-f', nowhere, '--point', '')).words).toEqual([]);
    expect((await offered('plan', '--kubeconfig', nowhere, '--point', '')).words).toEqual([]);
    expect((await offered('audit', 'tail', '--point', '')).words).toEqual([]);
  });
});

describe('the scripts', () => {
  it.each([
    [['postern', 'ma'], 'matrix'],
    [['postern', 'plan', '-f', company, '--point', ''], 'edge'],
    [['postern', 'plan', '--point', '=', 'e', '-f', company], ''],
    [['postern', 'diff', '-o', 'mark'], 'markdown'],
  ])('ask the program for %j in bash', async (words, expected) => {
    const program = join(directory, 'postern');
    const { out } = await runPostern(['__complete', '--', ...words.slice(1)]);
    writeFileSync(join(directory, 'answer'), out);
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > ${directory}/asked\ncat ${directory}/answer\n`);
    chmodSync(program, 0o755);
    const typed = words.map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _postern; echo "\${COMPREPLY[@]}"; cat ${directory}/asked`;
    const script = `${(await runPostern(['completion', 'bash'])).out}\n${ask}`;
    const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
    const [reply, ...asked] = execFileSync('bash', ['-c', script], { encoding: 'utf8', env }).split('\n');
    expect([reply, asked.slice(0, -1)]).toEqual([expected, ['__complete', '--', ...words.slice(1)]]);
  });

  it('are there for zsh and fish', async () => {
    expect((await runPostern(['completion', 'zsh'])).out).toMatch(/^#compdef postern kubectl-postern\n/);
    expect((await runPostern(['completion', 'fish'])).out).toContain(
      "complete -c postern -f -a '(__postern_complete)'",
    );
  });

  it('are of these shells alone', async () => {
    const { code, err } = await runPostern(['completion', 'tcsh']);
    expect([code, err]).toEqual([1, expect.stringContaining('bash, zsh, fish')]);
  });
});
