import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { UsageError } from '../../core/model/usage-error.ts';
import { emptyFile, parseFile, type ManifestFile } from '../../kube/manifests/parse-file.ts';
import { isManifestName, textOf } from '../../kube/manifests/read-files.ts';

/** A path as it was in a revision of the git repository that it is in. */
export interface Revision {
  /** Whatever git understands: `main`, `HEAD~1`, `v1.2`. */
  readonly name: string;
  readonly path: string;
}

/**
 * The manifests below a path as a revision has them; nothing is checked out. What is not there then is no manifest, so that
 * a directory may be new.
 *
 * @throws UsageError when there is no such revision, or no repository
 */
export async function readRevision({ name, path }: Revision): Promise<readonly ManifestFile[]> {
  const directory = await directoryFor(path);
  const commit = await commitOf(name, directory);
  const listed = await git(['ls-tree', '-r', '-z', commit, '--', relative(directory, path) || '.'], directory);
  const blobs = entriesOf(listed.toString()).filter((entry) => isManifest(entry, path));
  const contents = await contentsOf(blobs, directory);
  return Promise.all(
    blobs.map(async ({ file }, at) => {
      const shown = `${name}:${file}`;
      const text = textOf(shown, contents[at] ?? Buffer.alloc(0));
      if (typeof text !== 'string') return { ...emptyFile(shown), problems: [text] };
      return parseFile(shown, text, basename(file) !== basename(path));
    }),
  );
}

/** One that is there now; what a revision has below it may be gone. */
async function directoryFor(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return path;
  const parent = dirname(path);
  return (await stat(parent).catch(() => undefined))?.isDirectory() ? parent : '.';
}

async function commitOf(name: string, directory: string): Promise<string> {
  const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const commit = await git(asked, directory).catch((error: unknown) => {
    if (error instanceof UsageError && error.message === '') return Buffer.alloc(0);
    throw error;
  });
  if (commit.length > 0) return commit.toString().trim();
  throw new UsageError(
    `git knows no revision "${name}" here; name a branch, a tag or a commit, and fetch it if this is a shallow clone`,
  );
}

interface Blob {
  readonly id: string;
  readonly file: string;
}

/** Of `<mode> blob <id>\t<path>`; links and submodules are left out. */
function entriesOf(listed: string): readonly Blob[] {
  return listed.split('\0').flatMap((line) => {
    const [, id = '', file = ''] = /^100\d{3} blob ([0-9a-f]+)\t([^]+)$/.exec(line) ?? [];
    return id === '' ? [] : [{ id, file }];
  });
}

/** As in a directory: neither hidden files nor the templates of a chart. A file that is asked for by its name counts. */
function isManifest({ file }: Blob, path: string): boolean {
  const folders = file.split('/');
  const isPassedOver = folders.some((name) => name === 'node_modules' || name === 'templates' || /^\.[^./]/.test(name));
  return basename(file) === basename(path) || (isManifestName(file) && !isPassedOver);
}

/** Of all of them by one process: `<id> blob <size>\n<content>\n` each. */
async function contentsOf(blobs: readonly Blob[], directory: string): Promise<readonly Buffer[]> {
  if (blobs.length === 0) return [];
  const answer = await git(['cat-file', '--batch'], directory, blobs.map(({ id }) => `${id}\n`).join(''));
  const contents: Buffer[] = [];
  for (let at = 0; contents.length < blobs.length;) {
    const end = answer.indexOf('\n', at);
    const size = Number(answer.subarray(at, end).toString().split(' ')[2]);
    if (end < 0 || !Number.isInteger(size)) throw new UsageError('git did not give all of the files; try `git fsck`');
    contents.push(answer.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return contents;
}

const longestOutput = 2 ** 30;

/** @throws UsageError with what git says; empty if it says nothing */
function git(args: readonly string[], directory: string, input = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, encoding: 'buffer', maxBuffer: longestOutput } as const;
    const child = execFile('git', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') reject(new UsageError('git: is not installed, and a revision was asked for'));
      else reject(new UsageError(stderr.toString().trim()));
    });
    // One that ends without reading says why by its exit code.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
