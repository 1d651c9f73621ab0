import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { aFolder } from './kit/folders.ts';
import { parse } from 'yaml';

/* What a release is made of: nothing that a tag alone names, and nothing without a statement of where it comes from. */

const run = promisify(execFile);
const digest = `sha256:${'a'.repeat(64)}`;
const tools = aFolder();

async function baseImages(said: string): Promise<readonly string[]> {
  await writeFile(join(tools, 'docker'), `#!/bin/sh\necho "${said}"\n`);
  await chmod(join(tools, 'docker'), 0o755);
  const env = { ...process.env, PATH: `${tools}:${process.env['PATH'] ?? ''}` };
  return (await run('.ci/base-images', ['Dockerfile'], { env })).stdout.trim().split('\n');
}

describe('the image', () => {
  it('is built from images by digest, all that the Dockerfile names', async () => {
    const from = [...(await readFile('Dockerfile', 'utf8')).matchAll(/^FROM \$\{(\w+)\}/gm)].map(([, name]) => name);
    const lines = await baseImages(digest);
    expect(lines.map((line) => line.split('=')[0])).toEqual(from);
    expect(lines.every((line) => line.endsWith(`@${digest}`))).toBe(true);
    expect((await readFile('Dockerfile', 'utf8')).match(/^FROM /gm)).toHaveLength(from.length);
  });

  it('holds what the package holds', async () => {
    const { files } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly files: readonly string[] };
    const folders = files.filter((file) => !file.startsWith('!')).map((file) => file.split('/')[0] ?? '');
    const [, last = ''] = (await readFile('Dockerfile', 'utf8')).split('FROM ${RUNTIME_IMAGE}');
    const copied = [...last.matchAll(/^COPY (?:--from=build )?(.+) \S+$/gm)].flatMap(([, what = '']) =>
      what.split(' '),
    );
    const names = copied.map((path) => path.replace('/build/', ''));
    expect(names.sort()).toEqual([...folders, 'LICENSE', 'package.json'].sort());
    const ignored = (await readFile('.dockerignore', 'utf8')).split('\n');
    expect(folders.filter((folder) => folder !== 'dist' && ignored.includes(folder))).toEqual([]);
  });

  it('has what starts compiled by the Node that starts it, with its flags: V8 takes it under no others', async () => {
    const [, last = ''] = (await readFile('Dockerfile', 'utf8')).split('FROM ${RUNTIME_IMAGE}');
    const commands = (instruction: string): readonly (readonly string[])[] =>
      [...last.matchAll(new RegExp(`^${instruction} (\\[.+\\])$`, 'gm'))].map(
        ([, command = '']) => JSON.parse(command) as readonly string[],
      );
    const [entry = []] = commands('ENTRYPOINT');
    const start = entry.slice(0, -1);
    expect(start).toContain('--max-semi-space-size=4');
    expect(commands('RUN')).toEqual([
      [...start, 'dist/compile.cjs'],
      [...start, 'dist/lambda/compile.cjs'],
    ]);
  });

  it('is not built where a digest is not known', async () => {
    await expect(baseImages('manifest unknown')).rejects.toThrow('has no digest');
  });
});

interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly uses?: string; readonly with?: Readonly<Record<string, unknown>> }[];
}

describe('the release workflow', () => {
  it('has the package say where it comes from, and the plug-in of kubectl where the package is', async () => {
    const { jobs } = parse(await readFile('.github/workflows/release.yml', 'utf8')) as {
      readonly jobs: {
        readonly package: {
          readonly steps: readonly { readonly run?: string; readonly env?: { readonly FROM?: string } }[];
        };
      };
    };
    await writeFile(join(tools, 'package.json'), await readFile('package.json'));
    await writeFile(join(tools, 'postern-0.1.0.tgz'), 'package');
    await cp('.ci', join(tools, '.ci'), { recursive: true });
    const from = {
      'github.server_url': 'https://git.example',
      'github.repository': 'us/postern',
      'github.ref_name': 'v0.1.0',
    };
    for (const { run: script, env } of jobs.package.steps) {
      if (script === undefined || env?.FROM === undefined) continue;
      const said = env.FROM.replaceAll(/\$\{\{ ([\w.]+) \}\}/g, (_, name: keyof typeof from) => from[name]);
      await run('bash', ['-ec', script], { cwd: tools, env: { ...process.env, FROM: said } });
    }
    expect(JSON.parse(await readFile(join(tools, 'package.json'), 'utf8'))).toMatchObject({
      repository: { type: 'git', url: 'git+https://git.example/us/postern.git' },
      bugs: { url: 'https://git.example/us/postern/issues' },
      homepage: 'https://git.example/us/postern#readme',
    });
    expect(parse(await readFile(join(tools, 'krew.yaml'), 'utf8'))).toMatchObject({
      metadata: { name: 'postern' },
      spec: {
        version: 'v0.1.0',
        homepage: 'https://git.example/us/postern#readme',
        platforms: [
          {
            uri: 'https://git.example/us/postern/releases/download/v0.1.0/postern-0.1.0.tgz',
            sha256: createHash('sha256').update('package').digest('hex'),
            bin: 'dist/postern.js',
          },
        ],
      },
    });
  });

  it('attests what it publishes, and gives the build every image by digest', async () => {
    const { permissions, jobs } = parse(await readFile('.github/workflows/release.yml', 'utf8')) as {
      readonly permissions: unknown;
      readonly jobs: Readonly<Record<'package' | 'image', Job>>;
    };
    expect(permissions).toEqual({ contents: 'read' });
    for (const { permissions: own, steps } of Object.values(jobs)) {
      expect(own).toMatchObject({ 'id-token': 'write', attestations: 'write' });
      expect(steps.map(({ uses = '' }) => uses.split('@')[0])).toContain('actions/attest-build-provenance');
    }
    const build = jobs.image.steps.find(({ uses = '' }) => uses.startsWith('docker/build-push-action'))?.with;
    expect(build).toMatchObject({ provenance: 'mode=max', sbom: true });
    const args = String(build?.['build-args']).trim().split('\n');
    expect(args).toEqual(
      (await baseImages(digest)).map((line) =>
        line.replace(/=.*/, (_, at) => `=\${{ steps.base.outputs.${line.slice(0, at as number)} }}`),
      ),
    );
  });
});
