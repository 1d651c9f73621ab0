import type { ObjectKind } from '../../../src/adapter/kubernetes-objects.ts';

function kindIn(group: string, ...versions: readonly string[]): (kind: string, plural: string) => ObjectKind {
  return (kind, plural) => ({ kind, plural, group, versions, namespaced: true });
}

export const apiGroups = { istio: 'networking.istio.io', gateway: 'gateway.networking.k8s.io' } as const;

const networking = kindIn(apiGroups.istio, 'v1', 'v1beta1');
const routing = kindIn(apiGroups.gateway, 'v1');
const core = kindIn('', 'v1');

/** What is written, in no order. https://github.com/istio/api/tree/release-1.30/kubernetes */
export const kinds = {
  serviceEntry: networking('ServiceEntry', 'serviceentries'),
  virtualService: networking('VirtualService', 'virtualservices'),
  destinationRule: networking('DestinationRule', 'destinationrules'),
  gateway: networking('Gateway', 'gateways'),
  sidecar: networking('Sidecar', 'sidecars'),
  authorizationPolicy: kindIn('security.istio.io', 'v1', 'v1beta1')('AuthorizationPolicy', 'authorizationpolicies'),
  telemetry: kindIn('telemetry.istio.io', 'v1', 'v1alpha1')('Telemetry', 'telemetries'),
} as const;

/** What is written instead of a Gateway and a VirtualService of Istio. https://github.com/kubernetes-sigs/gateway-api/tree/v1.6.0 */
export const routeKinds = {
  service: core('Service', 'services'),
  gateway: { ...routing('Gateway', 'gateways'), resource: `Gateway.${apiGroups.gateway}` },
  httpRoute: routing('HTTPRoute', 'httproutes'),
  tlsRoute: routing('TLSRoute', 'tlsroutes'),
  tcpRoute: routing('TCPRoute', 'tcproutes'),
} as const;

/** What a point writes that speaks this API; one that spoke Istio's before still has objects of that. */
export function kindsOf(api: 'Istio' | 'GatewayAPI' = 'GatewayAPI'): readonly ObjectKind[] {
  return [...Object.values(kinds), ...(api === 'GatewayAPI' ? Object.values(routeKinds) : [])];
}

/** What is read only. */
export const read = {
  configMap: core('ConfigMap', 'configmaps'),
  service: core('Service', 'services'),
  namespace: { ...core('Namespace', 'namespaces'), namespaced: false },
  pod: core('Pod', 'pods'),
  deployment: kindIn('apps', 'v1')('Deployment', 'deployments'),
  envoyFilter: kindIn('networking.istio.io', 'v1alpha3')('EnvoyFilter', 'envoyfilters'),
  grpcRoute: routing('GRPCRoute', 'grpcroutes'),
  waypoint: kindIn(apiGroups.gateway, 'v1', 'v1beta1')('Gateway', 'gateways'),
} as const;
