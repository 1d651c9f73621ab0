import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../../test/kit/folders.ts';
import { runPostern } from '../testing/run-postern.ts';

/* Commands on files in which there is nothing: no answer, which would be about nothing, and exit code 1. */

const directory = aFolder();
beforeAll(async () => {
  const contents = {
    'notes/README.md': 'hello\n',
    'values/values.yaml': 'replicas: 2\n',
    'comment.yaml': '# to be written\n---\n',
    'list.yaml': 'apiVersion: v1\nkind: List\nitems: []\n',
    'space.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
  };
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), text);
  }
});

const commands: readonly (readonly string[])[] = [
  ['verify'],
  ['lint'],
  ['plan'],
  ['drift'],
  ['matrix'],
  ['survey'],
  ['approvals'],
  ['who', '192.0.2.1'],
  ['why', 'shop/web', 'example.com:443'],
  ['suggest', '--log', 'istio'],
];
const inputs: readonly (readonly [string, string])[] = [
  ['notes', 'there is no .yaml, .yml or .json file in this directory: name another'],
  ['values', 'it is skipped: it has no Kubernetes object'],
  ['comment.yaml', 'there is nothing in this file: name another'],
  ['missing', 'it cannot be read: there is no such file or directory; check the path'],
];

async function answer(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return runPostern(argv, { environment: { auditDir: directory } });
}

describe('a command that is given nothing', () => {
  it.each(commands.flatMap((command) => inputs.map(([path, message]) => ({ command, path, message }))))(
    '$command -f $path',
    async ({ command, path, message }) => {
      const { code, out, err } = await answer(...command, '-f', join(directory, path));
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(message);
    },
  );

  it.each(commands)('%s -f - behind a command that failed', async (...command) => {
    const { code, out, err } = await answer(...command, '-f', '-');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('stdin: it is empty');
  });

  it('beside files says so, and is an error too', async () => {
    const { code, err } = await answer('verify', '-f', join(directory, 'space.yaml'), '-f', '-');
    expect(code).toBe(1);
    expect(err).toContain('error: stdin: it is empty');
  });

  it('is not one that is given an empty list, or a file without policies', async () => {
    for (const path of ['list.yaml', 'space.yaml'])
      expect((await answer('verify', '-f', join(directory, path))).code).toBe(0);
  });

  it('diff takes a side without anything, and not two', async () => {
    const [empty, other, space] = ['notes', 'values', 'space.yaml'].map((path) => join(directory, path));
    expect((await answer('diff', empty ?? '', space ?? '')).code).toBe(0);
    const { code, out, err } = await answer('diff', empty ?? '', other ?? '');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('there is no .yaml, .yml or .json file in this directory');
  });
});
