import type { NetworkKind } from '../network/kinds.ts';

function kind(group: string, name: string, plural: string, versions: readonly string[]): NetworkKind {
  return { group, kind: name, plural, versions, namespaced: false };
}

/** Objects that give pods another source address on their way out of the cluster, by network plugin. */
export const egressAddressKinds: readonly NetworkKind[] = [
  kind('k8s.ovn.org', 'EgressIP', 'egressips', ['v1']),
  kind('cilium.io', 'CiliumEgressGatewayPolicy', 'ciliumegressgatewaypolicies', ['v2']),
  kind('crd.antrea.io', 'Egress', 'egresses', ['v1beta1', 'v1alpha2']),
  kind('projectcalico.org', 'EgressGatewayPolicy', 'egressgatewaypolicies', ['v3']),
  kind('crd.projectcalico.org', 'EgressGatewayPolicy', 'egressgatewaypolicies', ['v1']),
];

/** `group/Kind` */
export const egressAddressKindIds: ReadonlySet<string> = new Set(
  egressAddressKinds.map(({ group, kind: name }) => `${group}/${name}`),
);

/** Kinds that do so too, of which is known whom they take and not which addresses they give: no point is told of them, and nobody follows them. */
export const unfollowedEgressKindIds: ReadonlySet<string> = new Set([
  'egressgateway.spidernet.io/EgressPolicy',
  'egressgateway.spidernet.io/EgressClusterPolicy',
  'isovalent.com/IsovalentEgressGatewayPolicy',
  'cilium.io/CiliumEgressNATPolicy',
  'kubeovn.io/VpcEgressGateway',
  'network.openshift.io/NetNamespace',
  'k8s.ovn.org/AdminPolicyBasedExternalRoute',
]);
