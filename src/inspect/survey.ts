import { AdapterError } from '../adapter/errors.ts';
import type { KubernetesObjects, ObjectKind } from '../adapter/kubernetes-objects.ts';
import type { Problem } from '../api/problem.ts';
import { UsageError } from '../core/model/usage-error.ts';
import { lazyObjects, type ClusterOptions } from '../kube/client/connect.ts';
import { readNamespace, readNode, type ReadResult } from '../kube/kinds/core-kinds.ts';
import { readPod } from '../kube/kinds/pod.ts';
import { meshObjects } from '../kube/mesh/cluster.ts';
import { pods } from '../kube/mesh/kinds.ts';
import { egressAddressObjects } from '../kube/mesh/egress-addresses.ts';
import { meshIn } from '../kube/mesh/objects.ts';
import type { SurveyInput } from '../survey/survey.ts';
import { egressAddressesIn } from '../verify/egress-addresses/objects.ts';
import { readInput } from './read-input.ts';
import type { World } from './world.ts';
import { objectName } from '../core/text/wording.ts';

export interface SurveyOptions extends ClusterOptions {
  /** Files instead of the cluster. */
  readonly filename?: readonly string[];
}

export interface ReadSurvey {
  readonly input: SurveyInput;
  /** What could not be read. */
  readonly problems: readonly Problem[];
}

/**
 * What a survey is made of, from files or from a cluster in which nothing of Postern need be installed.
 *
 * @throws UsageError when the cluster cannot be read, or when there is nothing in any of the files
 */
export async function readSurvey(
  options: SurveyOptions,
  world: Pick<World, 'readStdin' | 'signal'>,
): Promise<ReadSurvey> {
  if (options.filename !== undefined) {
    const { snapshot, foreignObjects, problems } = await readInput(options.filename, world);
    return { input: inputOf(snapshot, foreignObjects), problems };
  }
  try {
    return await readCluster(lazyObjects(options, world.signal));
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    throw new UsageError(`the cluster cannot be read: ${error.message}`);
  }
}

function inputOf(snapshot: SurveyInput['snapshot'], objects: readonly unknown[]): SurveyInput {
  return {
    snapshot,
    objects,
    mesh: meshIn({ objects }, snapshot),
    egressAddresses: egressAddressesIn(objects, snapshot),
  };
}

const core = (kind: string, plural: string, namespaced: boolean): ObjectKind => {
  return { group: '', kind, plural, versions: ['v1'], namespaced };
};
const nodes = core('Node', 'nodes', false);
const namespaces = core('Namespace', 'namespaces', false);

/** What network plugins say of the addresses under which pods leave. */
const addressKinds: readonly ObjectKind[] = [
  { group: 'crd.projectcalico.org', kind: 'IPPool', plural: 'ippools', versions: ['v1'], namespaced: false },
];
const ciliumConfig = { namespace: 'kube-system', name: 'cilium-config' };

async function readCluster(cluster: KubernetesObjects): Promise<ReadSurvey> {
  const [podList, nodeList, namespaceList, deciding, addresses] = await Promise.all([
    cluster.list(pods),
    cluster.list(nodes),
    cluster.list(namespaces),
    meshObjects(cluster),
    egressAddressObjects(cluster),
  ]);
  const pools = await Promise.all(
    addressKinds.map(async (kind) => ((await cluster.version(kind)) === undefined ? [] : cluster.list(kind))),
  );
  const config = await cluster.get(core('ConfigMap', 'configmaps', true), ciliumConfig);
  const read = {
    pods: each('Pod', podList, readPod),
    nodes: each('Node', nodeList, readNode),
    namespaces: each('Namespace', namespaceList, readNamespace),
  };
  const snapshot = { pods: read.pods.objects, nodes: read.nodes.objects, namespaces: read.namespaces.objects };
  const objects = [...deciding, ...addresses, ...nodeList, ...pools.flat(), ...(config === undefined ? [] : [config])];
  return { input: inputOf(snapshot, objects), problems: Object.values(read).flatMap(({ problems }) => problems) };
}

function each<T>(
  kind: string,
  list: readonly { readonly metadata: { readonly namespace?: string; readonly name: string } }[],
  read: (input: unknown) => ReadResult<T>,
): { readonly objects: readonly T[]; readonly problems: readonly Problem[] } {
  const objects: T[] = [];
  const problems: Problem[] = [];
  for (const item of list) {
    const result = read(item);
    if ('object' in result) objects.push(result.object);
    else {
      const subject = objectName({ kind, ...item.metadata });
      for (const fault of result.faults) problems.push({ severity: 'error', subject, code: 'unreadable', ...fault });
    }
  }
  return { objects, problems };
}
