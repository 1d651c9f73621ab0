import { loadAdapter } from '../../../adapters/index.ts';
import type { KubernetesObject, KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import { clusterMark } from '../../../kit/kubernetes/ownership.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { Problem } from '../../api/problem.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { lazyObjects, type ClusterOptions } from '../../kube/client/connect.ts';
import { meshObjects } from '../../kube/mesh/cluster.ts';
import { meshIn } from '../../kube/mesh/objects.ts';
import { settingsIn } from '../../kube/mesh/settings.ts';
import { amongOthers } from '../../layers/ages.ts';
import { objectsOf, meshDeclarationOf, settingsOf, writtenPoint, type ReadPoint } from '../../layers/layers.ts';
import { lintMesh, meshSettings } from '../../lint/mesh.ts';
import { unstableOutput } from '../../verify/mesh/checks/output.ts';
import type { MeshSnapshot } from '../../verify/mesh/objects/snapshot.ts';
import { openSessions } from '../devices.ts';
import { compileIntent, type Intent } from '../intent.ts';
import { eachPoint } from '../points.ts';
import type { World } from '../world.ts';
import { writtenLayers } from './read.ts';
import { withSyntheticObjects } from './synthetic-objects.ts';

/** What the checks say of the objects that would be written for files, among the objects of others in them. */
export async function problemsWritten(intent: Intent, world: World): Promise<readonly Problem[]> {
  const { layers, points, problems } = await writtenLayers(intent, {}, world);
  if (layers.mesh === undefined) return problems;
  const given = givenIn(layers.mesh, intent.foreignObjects, points);
  const told = checked(layers.mesh, intent.cluster, given, false);
  return [...problems, ...told, ...unstable(points, intent.snapshot, world.clock.now())];
}

/** What they say of a cluster in which every in-mesh point had written what it should, among what others have there. */
export async function problemsInCluster(
  intent: Intent,
  options: ClusterOptions,
  world: World,
): Promise<readonly Problem[]> {
  const { snapshot, cluster } = intent;
  const kubernetes = lazyObjects(options, world.signal);
  const sessions = openSessions(intent, world, { kubernetes });
  const { desired } = compileIntent(snapshot, world.clock.now());
  try {
    const inMesh = await Promise.all(
      snapshot.enforcementPoints.map(async (point) => ((await loadAdapter(point.spec.adapter))?.inMesh ? [point] : [])),
    );
    const { found: points, failures } = await eachPoint(inMesh.flat(), async (point) =>
      writtenPoint(point, desired(point.metadata.name), await sessions.open(point)),
    );
    const settings = settingsOf(points);
    const others = await objectsThere(kubernetes, settings);
    const own = amongOthers(points.flatMap(objectsOf), others);
    const mesh = meshIn({ objects: [...own, ...others], settings, declared: meshDeclarationOf(points) }, snapshot);
    if (mesh === undefined) return failures;
    return [...failures, ...checked(mesh, cluster, givenIn(mesh, others, points), true)];
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

function checked(
  mesh: MeshSnapshot,
  cluster: string,
  given: ReadonlySet<string>,
  complete: boolean,
): readonly Problem[] {
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
function unstable(points: readonly ReadPoint[], snapshot: Snapshot, now: number): readonly Problem[] {
  const backwards = compileIntent(reversed(withSyntheticObjects(snapshot)), now);
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
