import { egressAddressKindIds, unfollowedEgressKindIds } from '../../verify/egress-addresses/kinds.ts';
import { isStrangePolicy, networkKindIds } from '../../verify/network/kinds.ts';
import { kindIn } from '../../verify/values/objects.ts';

/** API groups of which any kind may decide who leaves the cluster. */
const groups: ReadonlySet<string> = new Set([
  'extensions.istio.io',
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'gateway.networking.k8s.io',
]);

/** Kinds that those and network policies refer to, as `group/Kind`. */
const referenced: ReadonlySet<string> = new Set([
  '/Namespace',
  '/Node',
  '/ServiceAccount',
  '/Service',
  '/Endpoints',
  'discovery.k8s.io/EndpointSlice',
  '/Pod',
  '/ConfigMap',
  'apps/Deployment',
  // Under which addresses pods leave.
  'crd.projectcalico.org/IPPool',
  'projectcalico.org/IPPool',
]);

/** Whether a mesh or the cluster network reads this object to decide egress. */
export function decidesEgress(value: unknown): boolean {
  const id = kindIn(value);
  if (id === undefined) return false;
  return (
    groups.has(id.slice(0, id.indexOf('/'))) ||
    referenced.has(id) ||
    networkKindIds.has(id) ||
    isStrangePolicy(id) ||
    egressAddressKindIds.has(id) ||
    unfollowedEgressKindIds.has(id)
  );
}
