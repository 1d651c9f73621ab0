import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const seed = 'examples/two-applications-three-services';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the bundler makes of the sources is another program than the sources: these run it. */
describe('the built command line', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-built-'));
    await run('node', ['build.js', join(directory, 'dist')]);
  });
  afterAll(() => rm(directory, { recursive: true }));

  function postern(...argv: string[]): Promise<Ended> {
    return run('node', [join(directory, 'dist', 'postern.js'), ...argv]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: unknown) => error as Ended,
    );
  }

  it('says its version', async () => {
    expect((await postern('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('tells kubectl what may follow, under the name by which kubectl asks a plug-in', async () => {
    const asked = join(directory, 'kubectl_complete-postern');
    await symlink(join(directory, 'dist', 'postern.js'), asked);
    expect((await run(asked, ['plan', '-f', seed, '--po'])).stdout).toMatch(/^--point\t.*\n:4\n$/);
  });

  it('plans', async () => {
    const { code, stdout } = await postern('plan', '-f', seed, '-o', 'json');
    expect([code, (JSON.parse(stdout) as { points: unknown[] }).points.length]).toEqual([2, 1]);
  });

  it('says on which line a manifest is wrong', async () => {
    const path = join(directory, 'wrong.yaml');
    await writeFile(path, '---\napiVersion: postern.dev/v1alpha1\nkind: EgressPolice\nmetadata: { name: a }\n');
    const { code, stdout, stderr } = await postern('lint', '-f', path);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(`(${path}:3) [unknown-kind]`);
  });

  it('names the packages that it contains, with their licences', async () => {
    const bill = JSON.parse(await readFile(join(directory, 'dist', 'sbom.cdx.json'), 'utf8')) as {
      readonly components: readonly { readonly name: string; readonly licenses: readonly unknown[] }[];
    };
    const names = bill.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['@kubernetes/client-node', 'bullmq', 'zod']));
    expect(names).not.toContain('vitest');
    expect(bill.components.filter(({ licenses }) => licenses.length === 0)).toEqual([]);
    const licences = await readFile(join(directory, 'dist', 'third-party-licenses.txt'), 'utf8');
    expect(names.filter((name) => !licences.includes(`${name} `))).toEqual([]);
  });

  it('is installed as a package without any other, small, and works', async () => {
    const source = join(directory, 'source');
    await mkdir(source);
    for (const part of ['package.json', 'LICENSE', 'NOTICE', 'README.md', 'crds', 'examples'])
      await cp(part, join(source, part), { recursive: true });
    await cp(join(directory, 'dist'), join(source, 'dist'), { recursive: true });
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts'], { cwd: source });
    const [packed] = JSON.parse(stdout) as { filename: string; unpackedSize: number; files: { path: string }[] }[];
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths.filter((path) => path.endsWith('.map'))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(['NOTICE', 'dist/sbom.cdx.json', 'dist/third-party-licenses.txt']));
    expect(packed?.unpackedSize).toBeLessThan(15 * 1024 * 1024);
    const home = join(directory, 'installed');
    await mkdir(home);
    const tarball = join(source, packed?.filename ?? '');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--prefix', home, tarball]);
    expect((await readdir(join(home, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['postern']);
    const command = join(home, 'node_modules', '.bin', 'postern');
    const company = join(home, 'node_modules', 'postern', 'examples', 'company');
    expect((await run(command, ['matrix', '-f', company])).stdout).toContain('accepted');
    await run(command, ['init', join(home, 'intent')]);
    expect(await readdir(join(home, 'intent'))).toContain('policies.yaml');
  }, 60_000);

  it('is built before it is packed', async () => {
    const { scripts, dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, unknown>;
    expect([scripts, dependencies]).toEqual([
      expect.objectContaining({ prepack: 'npm run --silent build' }),
      undefined,
    ]);
  });
});
