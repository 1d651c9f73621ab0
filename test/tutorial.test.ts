import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from './kit/folders.ts';
import { freePort } from './kit/free-ports.ts';

/* What the pages tell a newcomer to type is typed, in one shell, and has to print what they show. */

interface Scene {
  readonly commands: string;
  /** What the page shows of the output. */
  readonly shown: readonly string[];
}

function scenesOf(page: string): readonly Scene[] {
  const blocks = [...page.matchAll(/^```(sh|text)\n([^]*?)^```/gm)].map(([, kind = '', text = '']) => ({ kind, text }));
  return blocks.flatMap(({ kind, text }, at) => {
    if (kind !== 'sh') return [];
    const next = blocks[at + 1];
    return [
      { commands: text, shown: next?.kind === 'text' ? next.text.split('\n').filter((line) => line !== '') : [] },
    ];
  });
}

const directory = aFolder();
let built = '';

beforeAll(() => {
  built = join(directory, 'package');
  mkdirSync(built);
  execFileSync('node', ['tools/build/build.js', join(built, 'dist')]);
  execFileSync('cp', ['-r', 'examples', built]);
  execFileSync('ln', ['-s', join(process.cwd(), 'node_modules'), join(built, 'node_modules')]);
  mkdirSync(join(directory, 'bin'));
  const npx = join(directory, 'bin', 'npx');
  writeFileSync(npx, `#!/bin/sh\nshift\nexec node ${join(built, 'dist', 'postern.js')} "$@"\n`);
  chmodSync(npx, 0o755);
});

/** A shell into which blocks are typed one after the other, each of which waits for the one before. */
class Shell {
  readonly #shell;
  #output = '';

  constructor(cwd: string) {
    const env = { PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: cwd, NO_COLOR: '1' };
    this.#shell = spawn('bash', ['-m'], { cwd, env, detached: true });
    this.#shell.stdout.on('data', (piece: Buffer) => (this.#output += piece.toString()));
    this.#shell.stderr.on('data', (piece: Buffer) => (this.#output += piece.toString()));
  }

  async type(commands: string): Promise<string> {
    this.#output = '';
    this.#shell.stdin.write(`${commands}\necho; echo block-is-done\n`);
    while (!this.#output.includes('\nblock-is-done\n')) await new Promise((resolve) => setTimeout(resolve, 50));
    return this.#output;
  }

  /** Ends it with all that it started. */
  end(): void {
    this.#shell.stdin.end('kill $(jobs -p) 2>/dev/null; exit\n');
  }
}

const withoutTimes = (text: string): string => text.replaceAll(/\b\d\d:\d\d:\d\d\b/g, 'HH:MM:SS');

describe('docs/tutorial.md', () => {
  it('can be typed as it is printed, and prints what it shows', async () => {
    const port = `${await freePort()}`;
    const cwd = join(directory, 'tutorial');
    mkdirSync(cwd);
    const shell = new Shell(cwd);
    const page = readFileSync('docs/tutorial.md', 'utf8').replaceAll('8443', port);
    const scenes = scenesOf(page);
    expect(scenes.length).toBeGreaterThan(8);
    try {
      for (const { commands, shown } of scenes) {
        const output = withoutTimes(await shell.type(commands));
        expect({ commands, output, missing: shown.filter((line) => !output.includes(withoutTimes(line))) }).toEqual({
          commands,
          output: expect.not.stringMatching(/command not found|error: /) as string,
          missing: [],
        });
        if (/&$/m.test(commands)) await written(join(cwd, 'intent', 'point.yaml'));
      }
    } finally {
      shell.end();
    }
  }, 900_000);
});

async function written(path: string): Promise<void> {
  const isWritten = (): boolean => existsSync(path) && readFileSync(path, 'utf8').includes('kind: EnforcementPoint');
  while (!isWritten()) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('README.md', () => {
  /** Those that need neither a cluster nor Redis: of the first block below "Use it". */
  const commands =
    scenesOf(readFileSync('README.md', 'utf8').replace(/^[^]*^## Use it$/m, ''))[0]
      ?.commands.split('\n')
      .map((line) => line.replace(/\s+#.*$/, ''))
      .filter((line) => line.startsWith('npx postern ')) ?? [];

  it('has commands that work as they are printed', async () => {
    expect(commands.length).toBeGreaterThan(12);
    const cwd = join(directory, 'readme');
    mkdirSync(cwd);
    execFileSync('ln', ['-s', join(process.cwd(), 'examples'), join(cwd, 'examples')]);
    const shell = new Shell(cwd);
    try {
      for (const command of commands) {
        const output = await shell.type(`${command}\necho "exit $?"`);
        // The example of lint has something to complain about, and CES objects lose something when they become ours.
        const codes = /postern (lint|import ces) /.test(command) ? /exit [01]/ : /exit [02]/;
        expect({ command, output }).toEqual({ command, output: expect.stringMatching(codes) as string });
        expect({ command, output }).toEqual({ command, output: expect.not.stringMatching(/^postern: /m) as string });
        if (command.endsWith('&')) await written(join(cwd, 'intent', 'point.yaml'));
      }
    } finally {
      shell.end();
    }
  }, 900_000);
});
