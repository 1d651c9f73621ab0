import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

  it('comes as a package with the company that the demo plays', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths.filter((path) => /^(?:examples\/company|crds)\/[^/]+\.yaml$/.test(path)).length).toBeGreaterThan(7);
  });
});
