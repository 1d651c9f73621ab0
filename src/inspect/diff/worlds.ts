import type { Problem } from '../../api/problem.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { withSharedWorkloads, type WorkloadsFrom } from '../../diff/shared-workloads.ts';
import type { ClusterOptions } from '../../kube/client/connect.ts';
import { assemble } from '../../kube/manifests/assemble.ts';
import { readManifestFiles } from '../../kube/manifests/read-files.ts';
import type { ManifestFile } from '../../kube/manifests/parse-file.ts';
import { readIntent } from '../intent.ts';
import { requireInput } from '../read-input.ts';
import type { World } from '../world.ts';
import { readRevision, type Revision } from './revision.ts';

/** Where one of two worlds is read from. */
export type Source =
  | { readonly from: 'cluster' }
  | { readonly from: 'files'; readonly path: string }
  | ({ readonly from: 'git' } & Revision);

export interface WorldsOptions extends ClusterOptions {
  /** Files that both worlds have: namespaces and workloads. */
  readonly with?: readonly string[];
}

interface ReadWorld {
  /** Its own, whatever is in them; absent: it is a cluster. */
  readonly documents?: number;
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
  /** `policies.yaml:12`, of files alone. */
  readonly locate: (id: string, field?: string) => Promise<string | undefined>;
}

export interface TwoWorlds {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly workloadsFrom: WorkloadsFrom;
  readonly problems: readonly Problem[];
  /** Where the files of the world after, or else before, have an object. */
  readonly locate: ReadWorld['locate'];
}

/**
 * `cluster`, `git:REVISION`, `git:REVISION:PATH`, or a path. A revision without a path is of what the other one names, or of
 * the directory that this is called in.
 */
export function sourcesIn(before: string, after: string): readonly [Source, Source] {
  const pathOf = (text: string): string => (text === 'cluster' || text.startsWith('git:') || text === '-' ? '.' : text);
  const read = (text: string, other: string): Source => {
    if (text === 'cluster') return { from: 'cluster' };
    const [, name, path = pathOf(other)] = /^git:([^:]+)(?::(.+))?$/.exec(text) ?? [];
    return name === undefined ? { from: 'files', path: text } : { from: 'git', name, path };
  };
  return [read(before, after), read(after, before)];
}

/** @throws UsageError when the cluster, the repository or the path of a side cannot be read, or when there is nothing on either */
export async function readWorlds(
  [before, after]: readonly [Source, Source],
  options: WorldsOptions,
  world: World,
): Promise<TwoWorlds> {
  const shared = await readManifestFiles(options.with ?? [], world.readStdin);
  const was = await readWorld(before, shared, options, world);
  const is = await readWorld(after, shared, options, world);
  // One side may be empty: everything is new, or gone.
  if (was.documents === 0 && is.documents === 0)
    requireInput(['the two sides'], { documents: 0, problems: [...was.problems, ...is.problems] });
  const told = new Set(is.problems.map((problem) => JSON.stringify(problem)));
  return {
    ...withSharedWorkloads(was.snapshot, is.snapshot),
    problems: [...is.problems, ...was.problems.filter((problem) => !told.has(JSON.stringify(problem)))],
    locate: async (id, field) => (await is.locate(id, field)) ?? was.locate(id, field),
  };
}

async function readWorld(
  source: Source,
  shared: readonly ManifestFile[],
  options: WorldsOptions,
  world: World,
): Promise<ReadWorld> {
  if (source.from === 'cluster') {
    const cluster = world.environment.cluster ?? 'cluster';
    const { snapshot, problems } = await readIntent({ ...options, cluster }, world);
    return { snapshot, problems, locate: () => Promise.resolve(undefined) };
  }
  const own = source.from === 'git' ? await readRevision(source) : await readPath(source.path, world);
  const documents = own.reduce((sum, file) => sum + file.documents, 0);
  return { ...(await assemble([...own, ...shared])), documents };
}

/** A side that cannot be read at all is not an empty one, of which everything would open or close. */
async function readPath(path: string, { readStdin }: World): Promise<readonly ManifestFile[]> {
  const files = await readManifestFiles([path], readStdin);
  const unreadable = files
    .flatMap(({ problems }) => problems)
    .find(({ code, subject }) => code === 'unreadable-file' && subject === path);
  if (unreadable !== undefined) throw new UsageError(`${path}: ${unreadable.message}`);
  return files;
}
