import { adapters } from '../../../adapters/index.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import { clusterMark } from '../../../kit/kubernetes/ownership.ts';
import { lintMesh, meshSettings } from '../../lint/mesh.ts';
import { unstableOutput } from '../../verify/mesh/checks/output.ts';
import type { MeshSnapshot } from '../../verify/mesh/objects/snapshot.ts';
import type { Problem } from '../../core/model/problem.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { withSyntheticObjects } from './synthetic-objects.ts';
import { meshObjects } from '../../kube/mesh/cluster.ts';
import type { ManifestCluster } from '../../kube/manifests/assemble.ts';
import { meshIn } from '../../kube/mesh/objects.ts';
import { settingsIn } from '../../kube/mesh/settings.ts';
import { systemClock } from '../../compose/clock.ts';
import type { ClusterOptions } from '../../compose/kubernetes.ts';
import { lazyObjects } from '../../compose/lazy-cluster.ts';
import type { Intent } from '../intent.ts';
import { UsageError, type Io } from '../../cli/io.ts';
import { failureOf, openSessions } from '../plan-points.ts';
import { objectsOf, settingsOf, writtenPoint, type ReadPoint } from '../../layers/layers.ts';
import { compiled, writtenLayers } from './read.ts';

/** What the semantic checks say of the objects that would be written for files, among the objects of others in them. */
export async function problemsWritten(
  input: ManifestCluster,
  options: { readonly cluster?: string },
  io: Io,
): Promise<readonly Problem[]> {
  const { layers, points, problems } = await writtenLayers(input, options, io);
  if (layers.mesh === undefined) return problems;
  const owner = options.cluster ?? io.environment.cluster ?? 'manifests';
  const given = givenIn(layers.mesh, input.foreignObjects, points);
  return [...problems, ...told(layers.mesh, owner, given, false), ...unstable(points, input.snapshot)];
}

/** What they say of a cluster in which every in-mesh point had written what it should: the objects of others are really there. */
export async function problemsInCluster(
  { secrets, cluster }: Intent,
  snapshot: Snapshot,
  options: ClusterOptions,
  io: Io,
): Promise<readonly Problem[]> {
  const kubernetes = lazyObjects(options);
  const sessions = openSessions(cluster, secrets, io, { kubernetes });
  const { desired } = compiled(snapshot, systemClock.now());
  const points: ReadPoint[] = [];
  const failures: Problem[] = [];
  try {
    for (const point of snapshot.enforcementPoints) {
      if ((await adapters[point.spec.adapter]?.())?.inMesh === undefined) continue;
      try {
        points.push(writtenPoint(point, desired(point.metadata.name), await sessions.open(point)));
      } catch (error) {
        failures.push(failureOf(point, error));
      }
    }
    const settings = settingsOf(points);
    const others = await objectsThere(kubernetes, settings);
    const mesh = meshIn({ objects: [...points.flatMap(objectsOf), ...others], settings }, snapshot);
    if (mesh === undefined) return failures;
    return [...failures, ...told(mesh, cluster, givenIn(mesh, others, points), true)];
  } finally {
    await sessions.close();
  }
}

async function objectsThere(
  kubernetes: KubernetesObjects,
  settings: ReturnType<typeof settingsOf>,
): Promise<readonly unknown[]> {
  try {
    return await meshObjects(kubernetes, settings.length === 0 ? undefined : settings);
  } catch (error) {
    if (error instanceof AdapterError) throw new UsageError(`the mesh cannot be read: ${error.message}`);
    throw error;
  }
}

function told(mesh: MeshSnapshot, cluster: string, given: ReadonlySet<string>, complete: boolean): readonly Problem[] {
  return lintMesh({ mesh, owner: clusterMark({ cluster }), given, complete });
}

/** Which Services were read, and whether the settings of the mesh were. */
function givenIn(
  { services }: MeshSnapshot,
  others: readonly unknown[],
  points: readonly ReadPoint[],
): ReadonlySet<string> {
  const { from } = settingsIn(others, settingsOf(points));
  const there = meshServices(others);
  const ids = services.map(({ id }) => id).filter((id) => there.has(id));
  return new Set(from === undefined ? ids : [...ids, meshSettings]);
}

function meshServices(objects: readonly unknown[]): ReadonlySet<string> {
  const isService = (object: unknown): object is KubernetesObject =>
    typeof object === 'object' && object !== null && 'kind' in object && object.kind === 'Service';
  return new Set(
    objects.filter(isService).map(({ metadata: { namespace = '', name } }) => `Service/${namespace}/${name}`),
  );
}

/** S27, by trying: the same files in the opposite order must give the same objects. */
function unstable(points: readonly ReadPoint[], snapshot: Snapshot): readonly Problem[] {
  const backwards = compiled(reversed(withSyntheticObjects(snapshot)), systemClock.now());
  const again = points.map((read) => writtenPoint(read.point, backwards.desired(read.point.metadata.name), read));
  return unstableOutput(points.flatMap(objectsOf), again.flatMap(objectsOf)).map(({ id, fix, message, ...rest }) => ({
    ...rest,
    code: id,
    message: `${message}. ${fix}`,
  }));
}

function reversed(snapshot: Snapshot): Snapshot {
  const { namespaces, pods, externalServices, egressPolicies, clusterEgressPolicies } = snapshot;
  return {
    ...snapshot,
    namespaces: namespaces.toReversed(),
    pods: pods.toReversed(),
    externalServices: externalServices.toReversed(),
    egressPolicies: egressPolicies.toReversed(),
    clusterEgressPolicies: clusterEgressPolicies.toReversed(),
  };
}
