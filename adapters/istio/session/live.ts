import type { AdapterDeps, Live } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects } from '../../../src/adapter/kubernetes-objects.ts';
import type { Written } from '../../../kit/kubernetes/object-layer.ts';
import { ownerSelector, type Ownership } from '../../../kit/kubernetes/ownership.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import type { IstioConfig } from '../config.ts';
import { distributionOf } from '../distribution/distribution.ts';
import { expectedOf } from '../distribution/expected.ts';
import { proxiesOfMesh } from '../distribution/istiods.ts';
import { podsIn } from '../distribution/pods.ts';
import { listOf, mapOf, textOf } from '../objects/fields.ts';
import { kinds, read } from '../objects/kinds.ts';

type Deps = Pick<AdapterDeps, 'clock' | 'signal' | 'credentials'> & Ownership;

/**
 * Whether proxies have what was written: as istiod says in the status of objects for a waypoint, and where it may be asked,
 * of each proxy. Where it cannot be asked, that is told and holds nothing up.
 */
export async function live(
  config: IstioConfig,
  objects: KubernetesObjects,
  written: Written<Resource>,
  deps: Deps,
): Promise<Live> {
  const bound = config.plane === 'ambient' ? await atWaypoint(objects, deps) : readBack;
  const { serviceAccount: account, addresses } = config.distribution;
  if (bound.state === 'pending') return bound;
  if (account === undefined) return bound === readBack ? notAsked : bound;
  const expected = expectedOf(config, written);
  try {
    const namespaces = [...expected.namespaces, ...expected.gateways.map(({ namespace }) => namespace)];
    const [pods, proxies] = await Promise.all([
      podsOf([...new Set(namespaces)], objects),
      proxiesOfMesh({ config, objects, account, addresses, ...deps }),
    ]);
    return distributionOf({ plane: config.plane, expected, pods: podsIn(pods), proxies, now: deps.clock.now() });
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    const evidence = `${bound.evidence}; which proxies have them is not known: ${error.message.replace(/\.$/, '')}`;
    return { ...bound, evidence };
  }
}

const readBack: Live = { state: 'unknown', evidence: 'the objects were read back' };
const notAsked: Live = {
  ...readBack,
  evidence: `${readBack.evidence}; istiod is not asked which proxies have them (spec.config.distribution)`,
};

/** Beyond so many namespaces, one list of all pods is less than a list of each. */
const mostLists = 20;

async function podsOf(namespaces: readonly string[], objects: KubernetesObjects): Promise<readonly KubernetesObject[]> {
  if (namespaces.length > mostLists) return objects.list(read.pod);
  return (await Promise.all(namespaces.map((namespace) => objects.list(read.pod, { namespace })))).flat();
}

/** What istiod says of objects for a waypoint; of what is for sidecars and gateways it says nothing. */
const told = ['istio.io/WaypointBound', 'WaypointAccepted'];

/** https://github.com/istio/istio/blob/1.30.0/pilot/pkg/model/service.go (ConditionType) */
async function atWaypoint(objects: KubernetesObjects, ownership: Ownership): Promise<Live> {
  const filter = { labelSelector: ownerSelector(ownership) };
  const lists = await Promise.all(
    [kinds.serviceEntry, kinds.authorizationPolicy].map((kind) => objects.list(kind, filter)),
  );
  const found = lists.flat();
  const waiting = found.filter((object) => statusOf(object) !== 'True');
  const [first] = waiting;
  if (first === undefined)
    return { state: 'live', evidence: `istiod says of all ${found.length} objects that the waypoint has them` };
  const { kind, metadata } = first;
  const name = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  return {
    state: 'pending',
    evidence: `istiod does not say of ${waiting.length} of ${found.length} objects that the waypoint has them, such as ${name}`,
  };
}

function statusOf({ status }: KubernetesObject): string {
  const conditions = listOf(mapOf(status)['conditions']).map(mapOf);
  return textOf(conditions.find(({ type }) => told.includes(textOf(type)))?.['status']);
}
