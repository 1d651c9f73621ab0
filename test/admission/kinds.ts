/** A kind that is not built in. */
export interface Custom {
  readonly group: string;
  readonly plural: string;
  readonly version: string;
  readonly namespaced: boolean;
}

const of =
  (group: string, version: string, namespaced: boolean) =>
  (plurals: string): readonly Custom[] =>
    plurals.split(' ').map((plural) => ({ group, plural, version, namespaced }));

/** Kinds of others that have a say in who leaves the cluster. */
export const kinds: readonly Custom[] = [
  ...of(
    'networking.istio.io',
    'v1',
    true,
  )('destinationrules envoyfilters gateways proxyconfigs serviceentries sidecars'),
  ...of('networking.istio.io', 'v1', true)('virtualservices workloadentries workloadgroups'),
  ...of('security.istio.io', 'v1', true)('authorizationpolicies peerauthentications'),
  ...of('telemetry.istio.io', 'v1', true)('telemetries'),
  ...of('extensions.istio.io', 'v1alpha1', true)('trafficextensions wasmplugins'),
  ...of('gateway.networking.k8s.io', 'v1', true)('backendtlspolicies gateways grpcroutes httproutes listenersets'),
  ...of('gateway.networking.k8s.io', 'v1', true)('referencegrants tcproutes tlsroutes udproutes'),
  ...of('cilium.io', 'v2', true)('ciliumenvoyconfigs ciliumlocalredirectpolicies ciliumnetworkpolicies'),
  ...of('cilium.io', 'v2', false)('ciliumcidrgroups ciliumclusterwideenvoyconfigs ciliumclusterwidenetworkpolicies'),
  ...of('cilium.io', 'v2', false)('ciliumegressgatewaypolicies'),
  ...of('crd.projectcalico.org', 'v1', true)('networkpolicies networksets stagednetworkpolicies'),
  ...of(
    'crd.projectcalico.org',
    'v1',
    false,
  )('egressgatewaypolicies globalnetworkpolicies globalnetworksets hostendpoints tiers'),
  ...of('projectcalico.org', 'v3', true)('networkpolicies networksets stagednetworkpolicies'),
  ...of(
    'projectcalico.org',
    'v3',
    false,
  )('egressgatewaypolicies globalnetworkpolicies globalnetworksets hostendpoints tiers'),
  ...of('crd.antrea.io', 'v1beta1', true)('groups networkpolicies'),
  ...of('crd.antrea.io', 'v1beta1', false)('clustergroups clusternetworkpolicies egresses externalippools tiers'),
  ...of('k8s.ovn.org', 'v1', true)('egressfirewalls egressqoses egressservices'),
  ...of('k8s.ovn.org', 'v1', false)('adminpolicybasedexternalroutes egressips'),
  ...of('network.openshift.io', 'v1', true)('egressnetworkpolicies'),
  ...of('networking.k8s.aws', 'v1alpha1', true)('applicationnetworkpolicies'),
  ...of('networking.k8s.aws', 'v1alpha1', false)('clusternetworkpolicies'),
  ...of('networking.gke.io', 'v1alpha1', true)('fqdnnetworkpolicies'),
  ...of('policy.networking.k8s.io', 'v1beta1', false)('clusternetworkpolicies'),
  ...of('policy.networking.k8s.io', 'v1beta1', false)('adminnetworkpolicies baselineadminnetworkpolicies'),
];

export const api = ({ group, version }: Custom): string => `${group}/${version}`;

export function collection(kind: Custom, namespace: string): string {
  return `/apis/${api(kind)}/${kind.namespaced ? `namespaces/${namespace}/` : ''}${kind.plural}`;
}
