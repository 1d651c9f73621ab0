/* A cluster with an egress gateway, a policy for it, and three points that enforce it. */

const v1 = 'v1';
const own = 'postern.dev/v1alpha1';

export const gatewayAddress = '10.20.3.11';

function namespace(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: v1, kind: 'Namespace', metadata: { name, labels } };
}

function account(space: string, name: string): object {
  return { apiVersion: v1, kind: 'ServiceAccount', metadata: { name, namespace: space } };
}

function deployment(space: string, name: string, labels: Readonly<Record<string, string>>, image: string): object {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: space },
    spec: { selector: { matchLabels: labels }, template },
  };
}

const mesh = `outboundTrafficPolicy: { mode: REGISTRY_ONLY }
extensionProviders: [{ name: postern-egress, envoyFileAccessLog: { path: /dev/stdout } }]
`;

const toGatewayNeeds = [
  {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
    ],
    ports: [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ],
  },
  {
    to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } } }],
    ports: [{ port: 15012, protocol: 'TCP' }],
  },
  { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.0.0/16'] } }] },
];

/** What the platform team runs. */
export const platform: readonly object[] = [
  namespace('shop', { egress: 'managed', 'istio-injection': 'enabled' }),
  namespace('istio-egress'),
  namespace('istio-system'),
  namespace('postern-system'),
  account('shop', 'checkout'),
  account('shop', 'web'),
  { apiVersion: v1, kind: 'ConfigMap', metadata: { name: 'istio', namespace: 'istio-system' }, data: { mesh } },
  deployment('istio-system', 'istiod', { app: 'istiod', istio: 'pilot' }, 'docker.io/istio/pilot:1.30.2'),
  deployment('istio-egress', 'egressgateway', { istio: 'egressgateway' }, 'auto'),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'gateway', namespace: 'istio-egress' },
    spec: { podSelector: {}, policyTypes: ['Egress'], egress: toGatewayNeeds },
  },
];

/** The gateway's Service, which an administrator may forget. */
export const gatewayService = {
  apiVersion: v1,
  kind: 'Service',
  metadata: { name: 'egressgateway', namespace: 'istio-egress' },
  spec: {
    selector: { istio: 'egressgateway' },
    ports: [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'tls', port: 443, targetPort: 8443 },
    ],
  },
};

/** The bank speaks TLS, which the gateway makes of the HTTP of applications; the agency speaks TLS to them. */
export const catalogue: readonly object[] = [
  {
    apiVersion: own,
    kind: 'ExternalService',
    metadata: { name: 'bank' },
    spec: {
      domainNames: ['api.bank.example'],
      ports: [{ port: 443, appProtocol: 'https' }],
      tls: 'Originate',
      allNamespaces: true,
    },
  },
  {
    apiVersion: own,
    kind: 'ExternalService',
    metadata: { name: 'agency' },
    spec: {
      domainNames: ['feed.agency.example'],
      ports: [{ port: 443, appProtocol: 'tls' }],
      allNamespaces: true,
    },
  },
];

/** Who may use which service. */
export function policy(name: string, accountName: string, services: readonly string[]): object {
  return {
    apiVersion: own,
    kind: 'EgressPolicy',
    metadata: { name, namespace: 'shop' },
    spec: {
      subject: { serviceAccounts: [accountName] },
      action: 'Accept',
      to: services.map((externalService) => ({ externalService })),
    },
  };
}

function point(name: string, spec: object): object {
  const namespaceSelector = { matchLabels: { egress: 'managed' } };
  return {
    apiVersion: own,
    kind: 'EnforcementPoint',
    metadata: { name },
    spec: { mode: 'Enforce', namespaceSelector, ...spec },
  };
}

export function meshPoint(config: object = {}): object {
  return point('mesh', { adapter: 'istio', vantage: { type: 'Identity' }, config });
}

export const networkPoint = point('network', {
  adapter: 'network-policy',
  vantage: { type: 'Labels' },
  config: {
    mesh: 'sidecar',
    inCluster: 'namespace',
    gateways: [{ namespace: 'istio-egress', labels: { istio: 'egressgateway' }, ports: [8080, 8443] }],
  },
});

export function edgePoint(url: string): object {
  const gateway = { namespace: 'istio-egress', podSelector: { matchLabels: { istio: 'egressgateway' } } };
  return point('edge', {
    adapter: 'fortigate',
    vantage: { type: 'EgressGateway', gateway },
    clusterNetworks: ['10.20.0.0/16'],
    secretRef: { name: 'edge' },
    config: { url },
  });
}

/** Rights for everything that Postern does but for what a mesh is made of. */
export const withoutMeshRights: readonly object[] = [
  account('postern-system', 'limited'),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'limited' },
    rules: [
      {
        apiGroups: ['', 'apps', 'postern.dev', 'coordination.k8s.io', 'events.k8s.io', 'networking.k8s.io'],
        resources: ['*'],
        verbs: ['*'],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'limited' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'limited' },
    subjects: [{ kind: 'ServiceAccount', name: 'limited', namespace: 'postern-system' }],
  },
];
