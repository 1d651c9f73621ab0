import { networkKinds } from '../../verify/network/kinds.ts';
import type { ObjectKind } from '../../adapter/kubernetes-objects.ts';

function kind(group: string, name: string, plural: string, versions: readonly string[]): ObjectKind {
  return { group, kind: name, plural, versions, namespaced: true };
}

const networking = (name: string, plural: string): ObjectKind =>
  kind('networking.istio.io', name, plural, ['v1', 'v1beta1', 'v1alpha3']);
const route = (name: string, plural: string): ObjectKind =>
  kind('gateway.networking.k8s.io', name, plural, ['v1', 'v1beta1', 'v1alpha2']);

/** Every kind that has a say in who leaves the cluster, as far as it is served. */
export const decidingKinds: readonly ObjectKind[] = [
  networking('ServiceEntry', 'serviceentries'),
  networking('VirtualService', 'virtualservices'),
  networking('DestinationRule', 'destinationrules'),
  networking('Gateway', 'gateways'),
  networking('Sidecar', 'sidecars'),
  kind('networking.istio.io', 'EnvoyFilter', 'envoyfilters', ['v1alpha3']),
  networking('WorkloadEntry', 'workloadentries'),
  kind('networking.istio.io', 'ProxyConfig', 'proxyconfigs', ['v1beta1']),
  kind('extensions.istio.io', 'WasmPlugin', 'wasmplugins', ['v1alpha1']),
  kind('extensions.istio.io', 'TrafficExtension', 'trafficextensions', ['v1alpha1']),
  kind('security.istio.io', 'AuthorizationPolicy', 'authorizationpolicies', ['v1', 'v1beta1']),
  kind('security.istio.io', 'PeerAuthentication', 'peerauthentications', ['v1', 'v1beta1']),
  kind('telemetry.istio.io', 'Telemetry', 'telemetries', ['v1', 'v1alpha1']),
  kind('gateway.networking.k8s.io', 'Gateway', 'gateways', ['v1', 'v1beta1']),
  route('HTTPRoute', 'httproutes'),
  route('TLSRoute', 'tlsroutes'),
  route('TCPRoute', 'tcproutes'),
  route('GRPCRoute', 'grpcroutes'),
  kind('gateway.networking.k8s.io', 'ReferenceGrant', 'referencegrants', ['v1', 'v1beta1']),
  kind('gateway.networking.k8s.io', 'BackendTLSPolicy', 'backendtlspolicies', ['v1', 'v1alpha3']),
  kind('gateway.networking.k8s.io', 'ListenerSet', 'listenersets', ['v1']),
  ...networkKinds,
];

/** What those refer to. */
export const serviceAccounts = kind('', 'ServiceAccount', 'serviceaccounts', ['v1']);
export const endpointSlices = kind('discovery.k8s.io', 'EndpointSlice', 'endpointslices', ['v1']);
export const services = kind('', 'Service', 'services', ['v1']);
export const deployments = kind('apps', 'Deployment', 'deployments', ['v1']);
/** Those of them that are listed. */
export const referencedKinds: readonly ObjectKind[] = [services, serviceAccounts, endpointSlices, deployments];
export const configMaps = kind('', 'ConfigMap', 'configmaps', ['v1']);
export const pods = kind('', 'Pod', 'pods', ['v1']);
