import type { ObjectKind } from '../../../src/adapter/kubernetes-objects.ts';

function kindIn(group: string, ...versions: readonly string[]): (kind: string, plural: string) => ObjectKind {
  return (kind, plural) => ({ kind, plural, group, versions, namespaced: true });
}

const networking = kindIn('networking.istio.io', 'v1', 'v1beta1');
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

/** What is read only. */
export const read = {
  configMap: core('ConfigMap', 'configmaps'),
  service: core('Service', 'services'),
  namespace: { ...core('Namespace', 'namespaces'), namespaced: false },
  pod: core('Pod', 'pods'),
  deployment: kindIn('apps', 'v1')('Deployment', 'deployments'),
  envoyFilter: kindIn('networking.istio.io', 'v1alpha3')('EnvoyFilter', 'envoyfilters'),
  waypoint: kindIn('gateway.networking.k8s.io', 'v1', 'v1beta1')('Gateway', 'gateways'),
} as const;
