import { egressAddressKindIds, unfollowedEgressKindIds } from '../../verify/egress-addresses/kinds.ts';
import { isStrangePolicy, networkKindIds } from '../../verify/network/kinds.ts';

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
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('apiVersion' in value)) return false;
  const { kind, apiVersion } = value;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') return false;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const id = `${group}/${kind}`;
  return (
    groups.has(group) ||
    referenced.has(id) ||
    networkKindIds.has(id) ||
    isStrangePolicy(id) ||
    egressAddressKindIds.has(id) ||
    unfollowedEgressKindIds.has(id)
  );
}
