import type { EnforcementPoint } from '../src/api/kinds.ts';
import { layersOf, writtenPoint, type ReadPoint } from '../src/layers/layers.ts';
import { emptyDevices } from '../src/inspect/devices.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import type { Snapshot } from '../src/core/model/snapshot.ts';
import type { Layers } from '../src/verify/layers.ts';
import { remainingFrom } from '../src/verify/values/time.ts';
import { aClusterPolicy, aNamespace, aPod, aPoint, aPolicy, aService, aSnapshot } from './kit/builders.ts';

/*
 * Two small companies whose layers agree: one with two firewalls that see pods, one with an egress gateway, network
 * policies and a firewall that sees the gateway.
 */

export const now = '2026-06-01T00:00:00Z';
export const remaining = remainingFrom(Date.parse(now));

const pods = [
  aPod({
    name: 'web-1',
    labels: { app: 'web' },
    serviceAccount: 'web',
    workload: 'Deployment/web',
    addresses: ['10.0.0.1'],
  }),
  aPod({
    name: 'web-2',
    labels: { app: 'web' },
    serviceAccount: 'web',
    workload: 'Deployment/web',
    addresses: ['10.0.0.2'],
  }),
  aPod({ name: 'job-1', labels: { app: 'job' }, serviceAccount: 'job', workload: 'Job/job', addresses: ['10.0.0.3'] }),
  aPod({
    namespace: 'news',
    name: 'feed-1',
    labels: { app: 'feed' },
    serviceAccount: 'feed',
    workload: 'Deployment/feed',
    addresses: ['10.0.1.1'],
  }),
];

const intent = {
  namespaces: [aNamespace('shop', { zone: 'a' }), aNamespace('news', { zone: 'b' }), aNamespace('istio-egress')],
  externalServices: [
    aService(
      { domainNames: ['api.stripe.test'], networks: undefined, ports: [{ port: 443, appProtocol: 'tls' }] },
      { name: 'stripe' },
    ),
    aService({ domainNames: ['db.example.test'], networks: undefined, ports: [{ port: 5432 }] }, { name: 'db' }),
  ],
  egressPolicies: [
    aPolicy(
      { subject: { podSelector: { matchLabels: { app: 'web' } } }, to: [{ externalService: 'stripe' }] },
      { name: 'web' },
    ),
    aPolicy(
      { subject: { podSelector: { matchLabels: { app: 'job' } } }, to: [{ externalService: 'db' }] },
      { name: 'job' },
    ),
    aPolicy({ to: [{ externalService: 'db' }] }, { name: 'feed', namespace: 'news' }),
  ],
};

const networks = [
  aPolicy(
    {
      subject: { podSelector: { matchLabels: { app: 'web' } } },
      to: [{ networks: ['203.0.113.0/24'], ports: [{ port: 5000, endPort: 5010 }] }],
    },
    { name: 'web-net' },
  ),
  aPolicy(
    { action: 'Deny', subject: { allPods: true }, to: [{ networks: ['203.0.113.128/25'] }] },
    { name: 'not-there' },
  ),
];

function covering(spec: Parameters<typeof aPoint>[0], name: string): EnforcementPoint {
  return aPoint({ namespaceSelector: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, ...spec }, { name });
}

/** Two firewalls, no mesh. */
export const twoFirewalls: Snapshot = aSnapshot({
  ...intent,
  pods,
  egressPolicies: [...intent.egressPolicies, ...networks],
  clusterEgressPolicies: [aClusterPolicy({ egress: [{ action: 'Deny', to: [{ networks: ['169.254.169.254/32'] }] }] })],
  enforcementPoints: [
    covering({ adapter: 'fortigate', config: { url: 'https://192.0.2.1' }, clusterNetworks: ['10.0.0.0/16'] }, 'edge'),
    covering({ adapter: 'f5-afm', config: { url: 'https://192.0.2.2', dnsResolver: '/Common/dns' } }, 'core'),
  ],
});

const selector = { istio: 'egressgateway' };

/** An egress gateway behind a firewall. */
export const throughGateway: Snapshot = aSnapshot({
  ...intent,
  pods: [
    ...pods,
    aPod({
      namespace: 'istio-egress',
      name: 'gw-1',
      labels: selector,
      workload: 'Deployment/egressgateway',
      addresses: ['10.0.9.1'],
    }),
  ],
  enforcementPoints: [
    covering({ adapter: 'istio', vantage: { type: 'Identity' }, config: { gateway: { selector } } }, 'mesh'),
    covering(
      {
        adapter: 'network-policy',
        vantage: { type: 'Labels' },
        config: {
          mesh: 'sidecar',
          gateways: [{ namespace: 'istio-egress', labels: selector, ports: [80, 443, 5432] }],
        },
      },
      'network',
    ),
    covering(
      {
        adapter: 'fortigate',
        config: { url: 'https://192.0.2.1' },
        vantage: {
          type: 'EgressGateway',
          gateway: { namespace: 'istio-egress', podSelector: { matchLabels: selector } },
        },
      },
      'edge',
    ),
  ],
});

/** Everything as it would be written. */
export async function writtenPoints(snapshot: Snapshot): Promise<readonly ReadPoint[]> {
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), now);
  const find = emptyDevices('east');
  return Promise.all(
    snapshot.enforcementPoints.map(async (point) => {
      const desired = compiler.desired(point.metadata.name);
      if (desired === undefined) throw new Error(`nothing is desired of ${point.metadata.name}`);
      return writtenPoint(point, desired, await find(point));
    }),
  );
}

export function layersWith(snapshot: Snapshot, points: readonly ReadPoint[]): Layers {
  return layersOf({ snapshot, remaining, points, mesh: { objects: [] }, complete: false });
}
