import type { Problem } from '../api/problem.ts';
import { UsageError } from '../core/model/usage-error.ts';
import type { ManifestCluster } from '../kube/manifests/assemble.ts';
import { readManifests } from '../kube/manifests/read-files.ts';
import type { World } from './world.ts';

/**
 * The manifests that somebody asks about.
 *
 * @throws UsageError when there is nothing in any of these paths
 */
export async function readInput(
  paths: readonly string[],
  { readStdin }: Pick<World, 'readStdin'>,
): Promise<ManifestCluster> {
  const cluster = await readManifests(paths, readStdin);
  requireInput(paths, cluster);
  return cluster;
}

/** An answer about an empty input would only hide that the paths are wrong. @throws UsageError */
export function requireInput(
  paths: readonly string[],
  { documents, problems }: Pick<ManifestCluster, 'documents' | 'problems'>,
): void {
  if (documents > 0 || problems.some(isContent)) return;
  const said = problems.slice(0, 3).map(({ subject, message }) => `${subject}: ${message}`);
  throw new UsageError(said.join('; ') || `there is no Kubernetes object in ${paths.join(', ')}: name other paths`);
}

/** Something was written, and cannot be read. */
function isContent({ severity, code }: Problem): boolean {
  return severity === 'error' && code !== 'unreadable-file' && code !== 'empty-file';
}
