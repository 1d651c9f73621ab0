import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareText, type Problem } from '../../api/problem.ts';
import { assemble, type ManifestCluster } from './assemble.ts';
import { emptyFile, fileProblem, parseFile, skipped, type ManifestFile } from './parse-file.ts';

/** Reads all of standard input, for the path `-`. */
export type ReadStdin = () => Promise<Uint8Array>;

/** The longest JavaScript string, in bytes. */
const maxFileSize = 500 * 1024 * 1024;

/**
 * Reads files, directories (everything in them that ends in .yaml, .yml or .json, except hidden files) and `-` as if they were
 * a cluster. Whatever is wrong becomes a problem and the rest counts; no content makes it throw.
 */
export async function readManifests(paths: readonly string[], stdin: ReadStdin): Promise<ManifestCluster> {
  return assemble(await readManifestFiles(paths, stdin));
}

/** The same before it is a cluster, to be joined with other files. */
export async function readManifestFiles(paths: readonly string[], stdin: ReadStdin): Promise<readonly ManifestFile[]> {
  const { files, found, problems } = await listFiles(paths);
  const read: ManifestFile[] = problems.map((problem) => ({ ...emptyFile(problem.subject), problems: [problem] }));
  for (const file of files) read.push(await readManifest(file, { stdin, found: found.has(file) }));
  return read;
}

export interface ListedFiles {
  /** In the order of the paths and then by name; each once. */
  readonly files: readonly string[];
  /** Those of them that no path names, because they were found in a directory. */
  readonly found: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** The files that paths name, and those in directories that they name. */
export async function listFiles(paths: readonly string[]): Promise<ListedFiles> {
  const files = new Map<string, string>();
  const found = new Set<string>();
  const problems: Problem[] = [];
  for (const path of paths) {
    const behind = path === '-' ? { files: ['-'], problems: [] } : await filesBehind(path);
    for (const problem of behind.problems) problems.push(problem);
    for (const file of behind.files) {
      files.set(file === '-' ? file : resolve(file), file);
      if (file !== path) found.add(file);
    }
  }
  return { files: [...files.values()], found, problems };
}

/** One file; a problem if it cannot be read. */
async function readManifest(
  file: string,
  { stdin, found }: { readonly stdin: ReadStdin; readonly found: boolean },
): Promise<ManifestFile> {
  const read = await readText(file, stdin);
  if (typeof read !== 'string') return { ...emptyFile(file), problems: [read] };
  const parsed = await parseFile(shown(file), read, found);
  if (found || parsed.documents > 0 || parsed.problems.length > 0) return parsed;
  return {
    ...parsed,
    problems: [file === '-' ? nothingPiped : withoutManifests(file, 'there is nothing in this file')],
  };
}

/** An answer about the rest would hide that a command before the pipe failed. A list of nothing is a document. */
const nothingPiped = fileProblem(
  'stdin',
  'empty-file',
  'it is empty: the command that should write to it gave nothing; run that one alone and see why',
);

function withoutManifests(path: string, what: string): Problem {
  return { ...fileProblem(path, 'no-manifests', `${what}: name another`), severity: 'warning' };
}

/** Does its name say that it is a manifest? */
export function isManifestName(name: string): boolean {
  return /\.(ya?ml|json)$/i.test(name);
}

/** The text of a file, or what is wrong with it. */
export async function readText(file: string, stdin: ReadStdin): Promise<string | Problem> {
  try {
    if (file !== '-' && (await stat(file)).size > maxFileSize) {
      return fileProblem(file, 'file-too-large', 'this file is larger than 500 MB: split it');
    }
    return textOf(shown(file), file === '-' ? await stdin() : await readFile(file));
  } catch (error) {
    return fileProblem(shown(file), 'unreadable-file', `it cannot be read: ${reasonOf(error)}`);
  }
}

/** The text that these bytes are, or that they are none. */
export function textOf(file: string, bytes: Uint8Array): string | Problem {
  try {
    // The decoder drops a byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fileProblem(file, 'not-utf8', 'this file is not UTF-8 text: convert it');
  }
}

export function shown(file: string): string {
  return file === '-' ? 'stdin' : file;
}

interface FilesBehind {
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

async function filesBehind(path: string): Promise<FilesBehind> {
  try {
    if (!(await stat(path)).isDirectory()) return { files: [path], problems: [] };
    const behind = await walk(path);
    if (behind.files.length > 0 || behind.problems.length > 0) return behind;
    const problem = withoutManifests(path, 'there is no .yaml, .yml or .json file in this directory');
    return { files: [], problems: [problem] };
  } catch (error) {
    return { files: [], problems: [fileProblem(path, 'unreadable-file', `it cannot be read: ${reasonOf(error)}`)] };
  }
}

/**
 * Follows links to files, as mounted ConfigMaps need; not links to directories, which may form a loop. The templates of a Helm
 * chart are no manifests before Helm has rendered them.
 */
async function walk(directory: string): Promise<FilesBehind> {
  const entries = await readdir(directory, { withFileTypes: true });
  const visible = entries
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .sort((a, b) => compareText(a.name, b.name));
  const isChart = visible.some(({ name }) => name === 'Chart.yaml');
  const files: string[] = [];
  const problems: Problem[] = [];
  for (const entry of visible) {
    const path = join(directory, entry.name);
    if (isChart && entry.isDirectory() && entry.name === 'templates') {
      problems.push(skipped(path, 'these are templates of a Helm chart; give the output of `helm template`'));
    } else if (entry.isDirectory()) {
      const below = await walk(path);
      for (const file of below.files) files.push(file);
      for (const problem of below.problems) problems.push(problem);
    } else if (isManifestName(entry.name) && (await isFile(path))) files.push(path);
  }
  return { files, problems };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Why, without the path, which the message already has. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file or directory; check the path';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return error instanceof Error ? error.message : String(error);
}
