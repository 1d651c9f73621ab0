import { toChanges } from '../core/compile/changes.ts';
import { Compiler } from '../core/compile/compiler.ts';
import { nothingDesired, type DesiredState } from '../core/model/desired.ts';
import type { Problem } from '../api/problem.ts';
import type { Loss } from '../core/model/resource.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { snapshotAfter } from '../core/model/snapshot-keeper.ts';
import { UsageError } from '../core/model/usage-error.ts';
import { overGrantLoss } from '../core/status/object-rules.ts';
import { openCluster, type ClusterOptions } from '../kube/client/connect.ts';
import { secretsFromCluster, secretsFromDirectory } from '../kube/objects/secrets.ts';
import { secretNamed } from '../kube/kinds/secret.ts';
import type { SecretSource } from '../worker/sessions/sessions.ts';
import { readCluster, type ReadKinds } from './read-cluster.ts';
import { readInput } from './read-input.ts';
import type { World } from './world.ts';

export interface IntentOptions extends ClusterOptions {
  /** Files instead of the cluster. */
  readonly filename?: readonly string[];
  readonly cluster?: string;
  /** Credentials as files, `<dir>/<secret>/<key>`. */
  readonly secretsDir?: string;
  /** Of a cluster, only these kinds; absent: all that decides anything. */
  readonly kinds?: ReadKinds;
}

/** Our objects and what they are about, from files or from a cluster, and the means to ask the devices. */
export interface Intent {
  readonly snapshot: Snapshot;
  /** What could not be read. */
  readonly problems: readonly Problem[];
  /** Objects in the files that are not ours and decide about egress too. Of a cluster they are read when needed. */
  readonly foreignObjects: readonly unknown[];
  readonly secrets: SecretSource;
  /** In the mark of every object on a device. */
  readonly cluster: string;
}

/** @throws UsageError when the cluster has no name or cannot be read, or when there is nothing in any of the paths */
export async function readIntent(options: IntentOptions, world: World): Promise<Intent> {
  const { filename, secretsDir } = options;
  const { environment } = world;
  const mounted = secretsDir === undefined ? undefined : secretsFromDirectory(secretsDir);
  const cluster = options.cluster ?? environment.cluster;
  if (filename !== undefined) {
    const { snapshot, problems, foreignObjects, secrets } = await readInput(filename, world);
    const own: SecretSource = (name) => Promise.resolve(secretNamed(secrets, name, environment.namespace));
    return { snapshot, problems, foreignObjects, secrets: mounted ?? own, cluster: cluster ?? 'manifests' };
  }
  if (cluster === undefined)
    throw new UsageError(
      'the name of the cluster is missing: give --cluster or set POSTERN_CLUSTER; only objects with the mark of this cluster are read',
    );
  const api = await openCluster(options);
  const { changes, problems } = await readCluster(api, world, options.kinds);
  const secrets = mounted ?? secretsFromCluster(api, environment.namespace);
  return { snapshot: snapshotAfter(changes), problems, foreignObjects: [], secrets, cluster };
}

/** What every point should enforce. */
export interface CompiledIntent {
  readonly desired: (point: string) => DesiredState;
  /** Who else gains what is granted at a point that cannot tell pods apart. */
  readonly overGrants: (point: string) => readonly Loss[];
  readonly problems: () => readonly Problem[];
}

/** @param now milliseconds since the epoch */
export function compileIntent(snapshot: Snapshot, now: number): CompiledIntent {
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), new Date(now).toISOString());
  return {
    desired: (point) => compiler.desired(point) ?? nothingDesired(point),
    overGrants: (point) => compiler.overGrants(point).map(overGrantLoss),
    problems: () => compiler.problems(),
  };
}
