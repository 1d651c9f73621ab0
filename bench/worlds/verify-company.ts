import type { EgressPolicy, EnforcementPoint, ExternalService } from '../../src/api/kinds.ts';
import { apiVersion, type ObjectMeta } from '../../src/api/meta.ts';
import type { Pod, Snapshot } from '../../src/core/model/snapshot.ts';
import { podOf as podOfCluster } from './cluster.ts';

export interface CompanySize {
  readonly pods: number;
  readonly namespaces: number;
  readonly services: number;
}

const apps = 8;

/** Applications that reach a few services each, through an egress gateway, past a firewall that sees the gateway. */
export function companyOf({ pods, namespaces, services }: CompanySize): Snapshot {
  const zone = { zone: 'apps' };
  const spaces = range(namespaces, (i) => {
    return { name: `team-${i}`, labels: { 'kubernetes.io/metadata.name': `team-${i}`, ...zone } };
  });
  return {
    namespaces: [...spaces, { name: 'istio-egress', labels: { 'kubernetes.io/metadata.name': 'istio-egress' } }],
    serviceAccounts: [],
    nodes: [],
    pods: [...range(pods, (i) => podOf(i, namespaces)), gateway],
    externalServices: range(services, serviceOf),
    egressPolicies: range(namespaces * apps, (i) => policyOf(i, namespaces, services)),
    clusterEgressPolicies: [],
    enforcementPoints: [
      point('mesh', { adapter: 'istio', vantage: { type: 'Identity' }, config: { gateway: { selector } } }),
      point('edge', {
        adapter: 'fortigate',
        vantage: {
          type: 'EgressGateway',
          gateway: { namespace: 'istio-egress', podSelector: { matchLabels: selector } },
        },
        config: { url: 'https://192.0.2.1' },
      }),
    ],
  };
}

const selector = { istio: 'egressgateway' };

function podOf(i: number, namespaces: number): Pod {
  const app = `app-${Math.floor(i / namespaces) % apps}`;
  return podOfCluster(i, namespaces, { labels: { app, 'pod-template-hash': `h${i % 500}` }, node: '' });
}

const gateway: Pod = {
  ...podOf(0, 1),
  uid: 'gateway',
  namespace: 'istio-egress',
  name: 'egressgateway-1',
  labels: selector,
  addresses: ['10.255.0.1'],
  workload: 'Deployment/egressgateway',
};

function serviceOf(i: number): ExternalService {
  return {
    apiVersion,
    kind: 'ExternalService',
    metadata: meta(`service-${i}`),
    spec: {
      domainNames: [`api-${i}.example.com`],
      ports: [{ port: 443, protocol: 'TCP', appProtocol: 'tls' }],
      tls: 'Passthrough',
    },
  };
}

function policyOf(i: number, namespaces: number, services: number): EgressPolicy {
  const app = Math.floor(i / namespaces);
  return {
    apiVersion,
    kind: 'EgressPolicy',
    metadata: { ...meta(`app-${app}`), namespace: `team-${i % namespaces}` },
    spec: {
      subject: { podSelector: { matchLabels: { app: `app-${app}` } } },
      action: 'Accept',
      to: range(3, (n) => ({ externalService: `service-${(i * 7 + n * 31) % services}` })),
    },
  };
}

function point(name: string, spec: Pick<EnforcementPoint['spec'], 'adapter' | 'vantage' | 'config'>): EnforcementPoint {
  return {
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: meta(name),
    spec: {
      ...spec,
      mode: 'Enforce',
      namespaceSelector: { matchLabels: { zone: 'apps' } },
      guard: { maxRemovals: 50, maxRemovalsPercent: 20 },
      defaultAction: 'Deny',
    },
  };
}

function meta(name: string): ObjectMeta {
  return { name, uid: `uid-${name}`, generation: 1, labels: {}, annotations: {} };
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
