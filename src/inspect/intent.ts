import type { EnforcementPoint } from '../api/kinds.ts';
import { toChanges } from '../core/compile/changes.ts';
import type { Problem } from '../core/model/problem.ts';
import type { ObjectChange } from '../core/model/snapshot.ts';
import { secretNamed } from '../kube/kinds/secret.ts';
import type { SecretSource } from '../worker/sessions.ts';
import type { ClusterOptions } from '../compose/kubernetes.ts';
import { secretsFromDirectory } from '../compose/mounted-secrets.ts';
import { readCluster } from './read-cluster.ts';
import { readInput } from '../cli/input.ts';
import { UsageError, type Io } from '../cli/io.ts';

export interface IntentOptions extends ClusterOptions {
  /** Files instead of the cluster. */
  readonly filename?: readonly string[];
  readonly cluster?: string;
  readonly secretsDir?: string;
}

/** What is wanted, from a cluster or from files, and the means to ask the devices. */
export interface Intent {
  readonly changes: readonly ObjectChange[];
  /** What could not be read. */
  readonly problems: readonly Problem[];
  readonly secrets: SecretSource;
  /** In the mark of every object on a device. */
  readonly cluster: string;
}

/** @throws UsageError when the cluster has no name, or cannot be read */
export async function readIntent(options: IntentOptions, io: Io): Promise<Intent> {
  const { filename, secretsDir } = options;
  const { environment, signal } = io;
  const mounted = secretsDir === undefined ? undefined : secretsFromDirectory(secretsDir);
  const cluster = options.cluster ?? environment.cluster;
  if (filename !== undefined) {
    const { snapshot, problems, secrets } = await readInput({ filename }, io);
    const own: SecretSource = (name) => Promise.resolve(secretNamed(secrets, name, environment.namespace));
    return { changes: toChanges(snapshot), problems, secrets: mounted ?? own, cluster: cluster ?? 'manifests' };
  }
  if (cluster === undefined)
    throw new UsageError(
      'which cluster is this? give --cluster or set POSTERN_CLUSTER: only objects with its mark are looked at',
    );
  // What speaks to a cluster is loaded when there is one to speak to.
  const { openCluster, secretsFromCluster } = await import('../compose/kubernetes.ts');
  const api = openCluster(options);
  const read = await readCluster(api, signal);
  return { ...read, secrets: mounted ?? secretsFromCluster(api, environment.namespace), cluster };
}

export function pointsIn(changes: readonly ObjectChange[]): readonly EnforcementPoint[] {
  const points = new Map<string, EnforcementPoint>();
  for (const { kind, key, object } of changes) {
    if (kind !== 'EnforcementPoint') continue;
    if (object === undefined) points.delete(key);
    else points.set(key, object);
  }
  return [...points.values()];
}
