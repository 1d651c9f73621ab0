import type { ObjectKind } from '../../adapter/kubernetes-objects.ts';

function kind(group: string, name: string, plural: string, versions: readonly string[], namespaced = true): ObjectKind {
  return { group, kind: name, plural, versions, namespaced };
}

const networking = (name: string, plural: string): ObjectKind =>
  kind('networking.istio.io', name, plural, ['v1', 'v1beta1', 'v1alpha3']);
const route = (name: string, plural: string): ObjectKind =>
  kind('gateway.networking.k8s.io', name, plural, ['v1', 'v1beta1', 'v1alpha2']);
const clusterPolicy = (name: string, plural: string): ObjectKind =>
  kind('policy.networking.k8s.io', name, plural, ['v1beta1', 'v1alpha2', 'v1alpha1'], false);

/** Every kind that has a say in who leaves the cluster, as far as it is served. */
export const decidingKinds: readonly ObjectKind[] = [
  networking('ServiceEntry', 'serviceentries'),
  networking('VirtualService', 'virtualservices'),
  networking('DestinationRule', 'destinationrules'),
  networking('Gateway', 'gateways'),
  networking('Sidecar', 'sidecars'),
  kind('networking.istio.io', 'EnvoyFilter', 'envoyfilters', ['v1alpha3']),
  networking('WorkloadEntry', 'workloadentries'),
  kind('security.istio.io', 'AuthorizationPolicy', 'authorizationpolicies', ['v1', 'v1beta1']),
  kind('security.istio.io', 'PeerAuthentication', 'peerauthentications', ['v1', 'v1beta1']),
  kind('telemetry.istio.io', 'Telemetry', 'telemetries', ['v1', 'v1alpha1']),
  kind('networking.k8s.io', 'NetworkPolicy', 'networkpolicies', ['v1']),
  clusterPolicy('ClusterNetworkPolicy', 'clusternetworkpolicies'),
  clusterPolicy('AdminNetworkPolicy', 'adminnetworkpolicies'),
  clusterPolicy('BaselineAdminNetworkPolicy', 'baselineadminnetworkpolicies'),
  kind('gateway.networking.k8s.io', 'Gateway', 'gateways', ['v1', 'v1beta1']),
  route('HTTPRoute', 'httproutes'),
  route('TLSRoute', 'tlsroutes'),
  route('TCPRoute', 'tcproutes'),
  route('GRPCRoute', 'grpcroutes'),
  kind('cilium.io', 'CiliumNetworkPolicy', 'ciliumnetworkpolicies', ['v2']),
  kind('cilium.io', 'CiliumClusterwideNetworkPolicy', 'ciliumclusterwidenetworkpolicies', ['v2'], false),
  kind('crd.projectcalico.org', 'NetworkPolicy', 'networkpolicies', ['v1']),
  kind('crd.projectcalico.org', 'GlobalNetworkPolicy', 'globalnetworkpolicies', ['v1'], false),
];

/** What those refer to. */
export const services = kind('', 'Service', 'services', ['v1']);
export const deployments = kind('apps', 'Deployment', 'deployments', ['v1']);
export const configMaps = kind('', 'ConfigMap', 'configmaps', ['v1']);
