import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../test/kit/folders.ts';

const run = promisify(execFile);
const seed = 'examples/two-applications-three-services';

interface Described {
  readonly digest: string;
  readonly size: number;
}

interface Image {
  readonly manifests: readonly (Described & { readonly platform?: { readonly architecture: string } })[];
  readonly config: Described;
  readonly layers: readonly Described[];
}

interface Settings {
  readonly config: unknown;
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The files that are loaded at once with this one, itself among them. */
async function loadedWith(file: string, found = new Set<string>()): Promise<ReadonlySet<string>> {
  if (found.has(file)) return found;
  found.add(file);
  const imports = (await readFile(file, 'utf8')).matchAll(/import_\w+=require\("(\.\/[^"]+)"\)/g);
  for (const [, path = ''] of imports) await loadedWith(join(dirname(file), path), found);
  return found;
}

async function bytesOf(files: Iterable<string>): Promise<number> {
  const sizes = await Promise.all([...files].map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The part that a file loads which is started or loaded from outside. */
async function startsWith(file: string): Promise<string> {
  const [, part = ''] = /load\('\.\/([^']+)'\)/.exec(await readFile(file, 'utf8')) ?? [];
  return join(dirname(file), 'parts', part);
}

/** Folders of what is built: the command line, and the function with the commands that are workers. */
const bundles = ['dist', 'dist/lambda'];

/** What the bundler makes of the sources is another program than the sources: these run it. */
describe('the built command line', () => {
  const directory = aFolder();
  beforeAll(async () => {
    await run('node', ['tools/build/build.js', join(directory, 'dist')]);
  });

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

  describe.each([
    ['worker', '--drain'],
    ['serve', '--listen', '0'],
  ])('%s, which is loaded of the bundle of the function', (...words) => {
    const saysWhatItLacks = async (): Promise<void> => {
      const { code, stderr } = await postern(...words, '--cluster', 'blue');
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^postern: .*give --redis or set REDIS_URL.*\n$/)]);
    };

    it('says what it lacks without a stack', saysWhatItLacks);

    it('is started of what was compiled, and without it where that is damaged', async () => {
      const folders = bundles.map((bundle) => join(directory, bundle));
      for (const folder of folders) await run('node', [join(folder, 'compile.cjs')]);
      await saysWhatItLacks();
      for (const folder of folders.map((bundle) => join(bundle, 'compiled'))) {
        const [of = ''] = await readdir(folder);
        for (const part of await readdir(join(folder, of))) await writeFile(join(folder, of, part), 'damaged');
      }
      await saysWhatItLacks();
      for (const folder of folders) await rm(join(folder, 'compiled'), { recursive: true });
    });
  });

  it('has workers check what they read without making code of schemas', async () => {
    const told = join(directory, 'told.cjs');
    const construct = "(real, given) => (process.stderr.write('code is made '), new real(...given))";
    await writeFile(told, `globalThis.Function = new Proxy(Function, { construct: ${construct} });`);
    const argv = ['worker', '--drain', '--cluster', 'blue', '--redis', 'redis://redis:70000'];
    const start = run('node', ['--require', told, join(directory, 'dist', 'postern.js'), ...argv]);
    await expect(start).rejects.toHaveProperty('stderr', expect.stringMatching(/^postern: The address of Redis/));
  });

  it.each(bundles)('has V8 take what was compiled of %s, under the same flags and no others', async (bundle) => {
    const folder = join(directory, bundle);
    const flags = ['--max-semi-space-size=4', '--initial-old-space-size=96'];
    await run('node', [...flags, join(folder, 'compile.cjs')]);
    const refused = `
      const { readdirSync, readFileSync } = require('node:fs');
      const { compiled, parts, scriptOf } = require('./load.cjs');
      const isRefused = (part) => scriptOf(part, readFileSync(compiled + '/' + part)).cachedDataRejected;
      const all = readdirSync(parts);
      process.stdout.write(JSON.stringify([all.length > 50, all.filter(isRefused).length / all.length]));
    `;
    const refusedWith = async (...given: string[]): Promise<string> =>
      (await run('node', [...given, '-e', refused], { cwd: folder })).stdout;
    expect([await refusedWith(...flags), await refusedWith()]).toEqual(['[true,0]', '[true,1]']);
    await rm(join(folder, 'compiled'), { recursive: true });
  });

  it.each(bundles)(
    'names each part of %s by its text: V8 takes what was compiled of another as long',
    async (bundle) => {
      const names = await readdir(join(directory, bundle, 'parts'));
      expect(names.filter((name) => !/-[A-Z0-9]{8}\.js$/.test(name))).toEqual([]);
    },
  );

  /** Reading and evaluating files is most of what a start takes; a library that slips in is half of it. */
  it('loads little and few files: for a command, for a worker, and for each adapter', async () => {
    const dist = join(directory, 'dist', 'parts');
    const lambda = join(directory, 'dist', 'lambda');
    const commands = (await readdir(dist)).filter((name) => /^(command|worker)-\w+\.js$/.test(name));
    expect(commands).toEqual([expect.stringMatching(/^command-/)]);
    const [command = ''] = commands;
    const before = await loadedWith(join(dist, command));
    expect([before.size < 15, (await bytesOf(before)) < 130_000]).toEqual([true, true]);
    const textOf = async (files: Iterable<string>): Promise<string> =>
      (await Promise.all([...files].map((file) => readFile(file, 'utf8')))).join('\n');
    expect(await textOf(before)).not.toContain('child_process');
    const worker = await loadedWith(await startsWith(join(lambda, 'worker.js')));
    for (const loaded of [worker, await loadedWith(await startsWith(join(lambda, 'index.js')))])
      expect([loaded.size < 10, (await bytesOf(loaded)) < 1_500_000]).toEqual([true, true]);
    const text = await textOf(worker);
    // Names are left as they are written.
    expect(text).toContain('QueueWorker=class');
    const ours = ['FileAuditStore=class', 'AuditExporter=class'];
    const ofNode = ['child_process', 'worker_threads'];
    for (const other of [...ours, ...ofNode, 'CommanderError', 'loadFromDefault', 'Axios'])
      expect([other, text.includes(other)]).toEqual([other, false]);
    const parts = (await readdir(join(lambda, 'parts'))).filter((name) => /^(adapter|session)-\w+\.js$/.test(name));
    expect(parts.length).toBeGreaterThan(15);
    for (const part of parts) {
      const more = [...(await loadedWith(join(lambda, 'parts', part)))].filter((file) => !worker.has(file));
      expect([part, more.length <= 10]).toEqual([part, true]);
    }
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

  let tarball = '';
  it('is installed as a package without any other, small, and works', async () => {
    const source = join(directory, 'source');
    await mkdir(source);
    for (const part of ['package.json', 'LICENSE', 'NOTICE', 'README.md', 'crds', 'docs', 'examples'])
      await cp(part, join(source, part), { recursive: true });
    await cp(join(directory, 'dist'), join(source, 'dist'), { recursive: true });
    for (const bundle of bundles) await run('node', [join(source, bundle, 'compile.cjs')]);
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts'], { cwd: source });
    const [packed] = JSON.parse(stdout) as { filename: string; unpackedSize: number; files: { path: string }[] }[];
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths.filter((path) => path.includes('compiled/'))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(['NOTICE', 'dist/sbom.cdx.json', 'dist/third-party-licenses.txt']));
    expect(packed?.unpackedSize).toBeLessThan(15 * 1024 * 1024);
    const home = join(directory, 'installed');
    await mkdir(home);
    tarball = join(source, packed?.filename ?? '');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--prefix', home, tarball]);
    expect((await readdir(join(home, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['postern']);
    const command = join(home, 'node_modules', '.bin', 'postern');
    const company = join(home, 'node_modules', 'postern', 'examples', 'company');
    expect((await run(command, ['matrix', '-f', company])).stdout).toContain('accepted');
    await run(command, ['init', join(home, 'intent')]);
    expect(await readdir(join(home, 'intent'))).toContain('policies.yaml');
    expect((await run(command, ['explain', 'Held'])).stdout).toContain('A guard holds changes');
  });

  it('is put on top of an image for every platform of it, and works there', async () => {
    const base = join(directory, 'base');
    const blob = async (content: string): Promise<Described> => {
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      await mkdir(join(base, 'blobs', 'sha256'), { recursive: true });
      await writeFile(join(base, 'blobs', ...digest.split(':')), content);
      return { digest, size: content.length };
    };
    const type = 'application/vnd.oci.image';
    const empty = { mediaType: `${type}.layer.v1.tar`, ...(await blob('\0'.repeat(1024))) };
    const images = ['amd64', 'arm64'].map(async (architecture) => {
      const rootfs = { type: 'layers', diff_ids: [empty.digest] };
      const config = await blob(JSON.stringify({ architecture, os: 'linux', config: { User: '0' }, rootfs }));
      const manifest = {
        schemaVersion: 2,
        mediaType: `${type}.manifest.v1+json`,
        config: { mediaType: `${type}.config.v1+json`, ...config },
        layers: [empty],
      };
      return {
        mediaType: manifest.mediaType,
        ...(await blob(JSON.stringify(manifest))),
        platform: { os: 'linux', architecture },
      };
    });
    const mediaType = `${type}.index.v1+json`;
    const index = await blob(JSON.stringify({ schemaVersion: 2, mediaType, manifests: await Promise.all(images) }));
    await writeFile(join(base, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(base, 'index.json'), JSON.stringify({ manifests: [{ mediaType, ...index }] }));

    const [one, two] = [join(directory, 'image'), join(directory, 'again')];
    const said = await run('.ci/oci-image.js', [tarball, base, one]);
    expect((await run('.ci/oci-image.js', [tarball, base, two])).stdout).toBe(said.stdout);
    const read = async ({ digest, size }: Described): Promise<Buffer> => {
      const bytes = await readFile(join(one, 'blobs', ...digest.split(':')));
      expect([digest, size]).toEqual([`sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes.length]);
      return bytes;
    };
    const json = async (of: Described): Promise<Image> => JSON.parse((await read(of)).toString()) as Image;
    const top = JSON.parse(await readFile(join(one, 'index.json'), 'utf8')) as Image;
    expect(top.manifests.map(({ digest }) => `${digest}\n`)).toEqual([said.stdout]);
    const manifests = (await json(top.manifests[0] ?? { digest: '', size: 0 })).manifests;
    expect(manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64', 'arm64']);
    for (const described of manifests) {
      const { config, layers } = await json(described);
      const added = gunzipSync(await read(layers[1] ?? empty));
      const { config: settings, rootfs } = JSON.parse((await read(config)).toString()) as Settings;
      expect(rootfs.diff_ids).toEqual([empty.digest, `sha256:${createHash('sha256').update(added).digest('hex')}`]);
      const entry = /^ENTRYPOINT (.+)$/m.exec(await readFile('Dockerfile', 'utf8'))?.[1] ?? '';
      expect(settings).toMatchObject({ User: '65532:65532', Entrypoint: JSON.parse(entry) as unknown });
      await writeFile(join(directory, 'layer.tar'), added);
    }
    const root = join(directory, 'root');
    await mkdir(root);
    await run('tar', ['-xf', join(directory, 'layer.tar'), '-C', root]);
    expect((await run('node', [join(root, 'postern/dist/postern.js'), 'explain', 'Held'])).stdout).toContain('A guard');
    await expect(run('.ci/oci-image.js', [tarball, directory, join(directory, 'third')])).rejects.toThrow(
      'no OCI layout',
    );
  });

  it('is built before it is packed', async () => {
    const { scripts, dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, unknown>;
    expect([scripts, dependencies]).toEqual([
      expect.objectContaining({ prepack: 'npm run --silent build' }),
      undefined,
    ]);
  });
});
