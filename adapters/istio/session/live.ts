import type { Live } from '../../../src/adapter/adapter.ts';
import type { KubernetesObject, KubernetesObjects } from '../../../src/adapter/kubernetes-objects.ts';
import { ownerSelector, type Ownership } from '../../../kit/kubernetes/ownership.ts';
import type { IstioConfig } from '../config.ts';
import { listOf, mapOf, textOf } from '../objects/fields.ts';
import { kinds } from '../objects/kinds.ts';

/** What istiod says of objects for a waypoint; of what is for sidecars and gateways it says nothing. */
const told = ['istio.io/WaypointBound', 'WaypointAccepted'];

/** https://github.com/istio/istio/blob/1.30.0/pilot/pkg/model/service.go (ConditionType) */
export async function live(config: IstioConfig, objects: KubernetesObjects, ownership: Ownership): Promise<Live> {
  if (config.plane !== 'ambient') {
    return {
      state: 'unknown',
      evidence: 'the objects were read back; Istio does not say when sidecars and gateways have them',
    };
  }
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
