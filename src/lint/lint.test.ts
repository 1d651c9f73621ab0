import { describe, expect, it } from 'vitest';
import { aClusterPolicy, aNamespace, aPod, aPoint, aPolicy, aService, aSnapshot } from '../../test/kit/builders.ts';
import type { EgressDelegation } from '../api/kinds.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { lint } from './lint.ts';

const now = '2026-06-01T00:00:00Z';
const governance = { owner: 'team', justification: 'because' };
const clean = { governance };

/** Without an Admin policy every cluster of these tests has this. */
const undelegated = 'no-delegation';

/** What is said beyond what is said of the same cluster without the objects. */
function codes(snapshot: Partial<Snapshot>): readonly string[] {
  const whole = aSnapshot({
    pods: [aPod()],
    enforcementPoints: [aPoint({ clusterNetworks: ['10.0.0.0/8'] })],
    ...snapshot,
  });
  return lint(whole, now, (time) => Date.parse(time) - Date.parse(now))
    .filter(({ code }) => code !== undelegated)
    .map(({ severity, code, subject, field }) => `${severity} ${code} ${subject} ${field}`.trimEnd());
}

const behindGateway = {
  type: 'EgressGateway',
  gateway: { namespace: 'gate', podSelector: { matchLabels: { app: 'gate' } } },
} as const;

const policy = 'EgressPolicy/shop/checkout';
const to = (entry: Record<string, unknown>) => ({ ports: [{ port: 443 }], ...entry });

describe('lint', () => {
  it('has nothing to say of what is in order', () => {
    expect(codes({ egressPolicies: [aPolicy(clean)] })).toEqual([]);
  });

  it.each([
    ['Pod', 240, ['warning slow-point EnforcementPoint/edge spec.vantage.type']],
    ['Node', 240, []],
    ['Pod', 10, []],
  ] as const)('tells of a point of vantage %s whose device takes %i seconds', (type, seconds, expected) => {
    const snapshot = aSnapshot({ enforcementPoints: [aPoint({ adapter: 'slow', vantage: { type } })] });
    const found = lint(snapshot, now, () => 0, { settleSeconds: new Map([['slow', seconds]]) });
    const slow = found.filter(({ code }) => code === 'slow-point');
    expect(slow.map(({ severity, code, subject, field }) => `${severity} ${code} ${subject} ${field}`)).toEqual(
      expected,
    );
  });

  it.each([
    ['Expire', {}, 1],
    ['Expire', { memberTimeoutSeconds: 86_400 }, 0],
    ['Keep', {}, 0],
  ] as const)('tells where %s with %j needs a worker', (onControllerLoss, config, count) => {
    const snapshot = aSnapshot({ enforcementPoints: [aPoint({ onControllerLoss, config })] });
    expect(lint(snapshot, now, () => 0).filter(({ code }) => code === 'expires-by-worker')).toHaveLength(count);
  });

  it.each<[string, Partial<Snapshot>, string[]]>([
    [
      'a reference that leads nowhere',
      { egressPolicies: [aPolicy({ ...clean, to: [{ externalService: 'none' }] })] },
      [`error unresolved-reference ${policy} spec.to[0]`],
    ],
    [
      'what nobody answers for',
      { egressPolicies: [aPolicy()] },
      [
        `warning no-owner ${policy} spec.governance.owner`,
        `info no-justification ${policy} spec.governance.justification`,
      ],
    ],
    [
      'what somebody answers for whose name nobody can see',
      { egressPolicies: [aPolicy({ ...clean, governance: { ...clean.governance, owner: ' \u200b\u2060' } })] },
      [`warning no-owner ${policy} spec.governance.owner`],
    ],
    [
      'every port',
      { egressPolicies: [aPolicy({ ...clean, to: [{ networks: ['203.0.113.0/24'] }] })] },
      [`warning any-port ${policy} spec.to[0]`],
    ],
    [
      'every address',
      { egressPolicies: [aPolicy({ ...clean, to: [to({ networks: ['0.0.0.0/0', '::/0'] })] })] },
      [`warning any-destination ${policy} spec.to[0]`],
    ],
    [
      'the address of a pod',
      { egressPolicies: [aPolicy({ ...clean, to: [to({ networks: ['10.0.0.1/32', '10.0.0.2/32'] })] })] },
      [`warning in-cluster-destination ${policy} spec.to[0]`],
    ],
    [
      'the address of a node on whose network a pod is, as no address of the cluster',
      {
        pods: [aPod(), aPod({ name: 'agent', hostNetwork: true, addresses: ['192.0.2.7'] })],
        egressPolicies: [aPolicy({ ...clean, to: [to({ networks: ['192.0.2.7/32'] })] })],
      },
      [`info host-network ${policy} spec.subject`],
    ],
    [
      'names of Services of the cluster',
      {
        namespaces: [aNamespace()],
        egressPolicies: [
          aPolicy({
            ...clean,
            to: [
              to({ domainNames: ['db.shop.svc', 'api.example.com'] }),
              to({ domainNames: ['db.shop.svc.cluster.local'] }),
              to({ domainNames: ['svc.example.com', 'db.elsewhere.svc.example.com'] }),
              to({ domainNames: ['db.shop.svc.example.internal'] }),
            ],
          }),
        ],
      },
      [0, 1, 3].map((at) => `warning in-cluster-destination ${policy} spec.to[${at}]`),
    ],
    [
      'a broad network',
      { egressPolicies: [aPolicy({ ...clean, to: [to({ networks: ['203.0.0.0/8', '203.0.113.0/24'] })] })] },
      [`warning broad-network ${policy} spec.to[0].networks`],
    ],
    [
      'wildcards under which anybody can have a name',
      { egressPolicies: [aPolicy({ ...clean, to: [to({ domainNames: ['*.com', '*.github.io', '*.example.com'] })] })] },
      [
        `warning broad-wildcard ${policy} spec.to[0].domainNames`,
        `warning broad-wildcard ${policy} spec.to[0].domainNames`,
      ],
    ],
    [
      'protocols in the clear',
      {
        egressPolicies: [
          aPolicy({
            ...clean,
            to: [
              {
                networks: ['203.0.113.0/24'],
                ports: [{ port: 21 }, { port: 389, appProtocol: 'tls' }, { port: 8080, appProtocol: 'http' }],
              },
            ],
          }),
        ],
      },
      [`info plaintext-port ${policy} spec.to[0].ports[0]`, `info plaintext-port ${policy} spec.to[0].ports[2]`],
    ],
    [
      'what ends soon, and what should have been reviewed',
      {
        egressPolicies: [
          aPolicy({ governance: { ...governance, expiresAt: '2026-06-10T00:00:00Z', reviewBy: '2026-05-01' } }),
        ],
      },
      [
        `warning expiring-soon ${policy} spec.governance.expiresAt`,
        `warning review-overdue ${policy} spec.governance.reviewBy`,
      ],
    ],
    [
      'what is to be reviewed soon, and not what has time',
      {
        egressPolicies: [
          aPolicy({ governance: { ...governance, reviewBy: '2026-06-14' } }),
          aPolicy(
            {
              governance: { ...governance, reviewBy: '2026-06-16' },
              to: [{ networks: ['198.51.100.0/24'], ports: [{ port: 443 }] }],
            },
            { name: 'later' },
          ),
        ],
      },
      [`warning review-due-soon ${policy} spec.governance.reviewBy`],
    ],
    [
      'a service nobody uses',
      { externalServices: [aService(clean)] },
      ['info unused-service ExternalService/payments'],
    ],
    [
      'a policy that matches no pod',
      { egressPolicies: [aPolicy({ ...clean, subject: { podSelector: { matchLabels: { app: 'none' } } } })] },
      [`warning selects-nothing ${policy} spec.subject`],
    ],
    [
      'policies that nothing enforces, once',
      {
        egressPolicies: [
          aPolicy(clean),
          aPolicy({ ...clean, to: [to({ domainNames: ['a.test'] })] }, { name: 'other' }),
        ],
        enforcementPoints: [],
      },
      [`info no-enforcement-point ${policy}`],
    ],
    [
      'a policy that no point covers',
      {
        namespaces: [aNamespace('shop', { tier: 'two' })],
        egressPolicies: [aPolicy(clean)],
        enforcementPoints: [
          aPoint({ namespaceSelector: { matchLabels: { tier: 'one' } }, clusterNetworks: ['10.9.0.0/16'] }),
          aPoint({ policySelector: { matchLabels: { a: 'b' } }, clusterNetworks: ['10.0.0.0/8'] }, { name: 'core' }),
        ],
      },
      [`warning not-covered ${policy} metadata`],
    ],
    [
      'pods on the host network where a point sees pods',
      { pods: [aPod(), aPod({ name: 'agent', hostNetwork: true })], egressPolicies: [aPolicy(clean)] },
      [`info host-network ${policy} spec.subject`],
    ],
    [
      'nodes that are not there where a point sees nodes, and no pods on the host network',
      {
        pods: [aPod({ hostNetwork: true })],
        egressPolicies: [aPolicy(clean)],
        enforcementPoints: [aPoint({ vantage: { type: 'Node' }, clusterNetworks: ['10.0.0.0/8'] })],
      },
      ['warning unknown-node EnforcementPoint/edge spec.vantage'],
    ],
    [
      'networks that hold namespaces which are not covered',
      {
        namespaces: [aNamespace('shop', { tier: 'one' }), aNamespace('lab')],
        pods: [aPod(), aPod({ namespace: 'lab', addresses: ['10.0.0.2'] })],
        enforcementPoints: [
          aPoint({ namespaceSelector: { matchLabels: { tier: 'one' } }, clusterNetworks: ['10.0.0.0/8'] }),
          aPoint(
            { namespaceSelector: { matchLabels: { tier: 'one' } }, clusterNetworks: ['10.0.0.1/32'] },
            { name: 'exact' },
          ),
        ],
      },
      ['warning denies-others EnforcementPoint/edge spec.clusterNetworks'],
    ],
    [
      'a gateway that pods can get round, that asks nobody, and that is not there',
      {
        namespaces: [aNamespace('shop')],
        enforcementPoints: [aPoint({ vantage: behindGateway, clusterNetworks: ['10.0.0.0/8'] })],
      },
      [
        'warning gateway-asks-nobody EnforcementPoint/edge spec.vantage',
        'warning way-around-gateway EnforcementPoint/edge spec.vantage',
        'warning gateway-without-pods EnforcementPoint/edge spec.vantage.gateway',
      ],
    ],
    [
      'a gateway on the network of its node, which the point does not ask about',
      {
        namespaces: [aNamespace('gate')],
        pods: [aPod({ namespace: 'gate', labels: { app: 'gate' }, hostNetwork: true })],
        enforcementPoints: [aPoint({ vantage: behindGateway, clusterNetworks: ['10.0.0.0/8'] })],
      },
      ['warning gateway-without-pods EnforcementPoint/edge spec.vantage.gateway'],
    ],
    [
      'a gateway whose other way round is only observed, on a node that is not known',
      {
        namespaces: [aNamespace('shop'), aNamespace('gate')],
        pods: [aPod(), aPod({ namespace: 'gate', labels: { app: 'gate' }, addresses: ['10.0.0.9'] })],
        enforcementPoints: [
          aPoint({
            vantage: { ...behindGateway, gateway: { ...behindGateway.gateway, addresses: 'Node' } },
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
          }),
          aPoint({ vantage: { type: 'Identity' } }, { name: 'mesh' }),
          aPoint({ vantage: { type: 'Labels' }, mode: 'Observe' }, { name: 'network' }),
        ],
      },
      [
        'warning unknown-node EnforcementPoint/edge spec.vantage',
        'warning way-around-gateway EnforcementPoint/edge spec.vantage',
        'info default-deny-by-device EnforcementPoint/edge spec.clusterNetworks',
      ],
    ],
    [
      'nothing about nodes on which no pod is that a point knows by its node',
      {
        namespaces: [aNamespace('gate'), aNamespace('lab', { tier: 'two' })],
        pods: [
          aPod({ namespace: 'lab' }),
          aPod({ namespace: 'gate', labels: { app: 'gate' }, node: 'exit', addresses: ['10.0.0.9'] }),
        ],
        nodes: [{ name: 'exit', labels: {}, addresses: ['192.0.2.9'] }],
        enforcementPoints: [
          aPoint({
            vantage: { ...behindGateway, gateway: { ...behindGateway.gateway, addresses: 'Node' } },
            namespaceSelector: { matchLabels: { tier: 'one' } },
            clusterNetworks: ['10.0.0.0/8'],
          }),
          aPoint(
            {
              vantage: { type: 'Node' },
              namespaceSelector: { matchLabels: { tier: 'one' } },
              clusterNetworks: ['10.0.0.0/8'],
            },
            { name: 'nodes' },
          ),
        ],
      },
      [],
    ],
    [
      'that an accepting default is left to the device',
      { enforcementPoints: [aPoint({ defaultAction: 'Accept' })] },
      ['info default-accept-by-device EnforcementPoint/edge spec.defaultAction'],
    ],
    [
      'nothing about destinations that are denied',
      {
        clusterEgressPolicies: [
          aClusterPolicy({ ...clean, egress: [{ action: 'Deny', to: [{ networks: ['10.0.0.0/8'] }] }] }),
        ],
      },
      [],
    ],
  ])('finds %s', (_, snapshot, expected) => {
    expect(codes(snapshot)).toEqual(expected);
  });

  it('says of an address of a pod that it is in the cluster, and of a Service only that it may be', () => {
    const egressPolicies = [
      aPolicy({ ...clean, to: [to({ networks: ['10.0.0.1/32'], domainNames: ['db.shop.svc'] })] }),
    ];
    const snapshot = aSnapshot({ pods: [aPod()], enforcementPoints: [aPoint()], egressPolicies });
    const found = lint(snapshot, now, () => 0).filter(({ code }) => code === 'in-cluster-destination');
    expect(found.map(({ message }) => message).sort()).toEqual([
      expect.stringMatching(/^10\.0\.0\.1\/32: stays in the cluster, where no firewall meets it; leave it out/),
      expect.stringMatching(
        /^db\.shop\.svc: names a Service; if that leads into the cluster, .* if it leads outside, name/,
      ),
    ]);
  });

  describe('of what teams can give themselves', () => {
    const found = (snapshot: Partial<Snapshot>, code: string): readonly string[] =>
      lint(aSnapshot({ enforcementPoints: [aPoint()], ...snapshot }), now, () => 0)
        .filter((problem) => problem.code === code)
        .map(({ severity, subject }) => `${severity} ${subject}`);
    const accept = { egress: [{ action: 'Accept' as const, to: [to({ networks: ['203.0.113.0/24'] })] }] };
    const byLabel = { podSelector: { matchLabels: { app: 'web' } } };

    type Spec = Parameters<typeof aClusterPolicy>[0];
    it.each<[string, Required<NonNullable<Spec>>['subject'], Spec, number]>([
      ['by a label in every namespace', { allNamespaces: true, ...byLabel }, accept, 1],
      ['by a label and an account', { serviceAccounts: [{ namespace: 'shop', name: 'web' }], ...byLabel }, accept, 0],
      [
        'by a label in chosen namespaces',
        { namespaceSelector: { matchLabels: { tier: 'one' } }, ...byLabel },
        accept,
        0,
      ],
      ['of a Deny by a label', { allNamespaces: true, ...byLabel }, {}, 0],
    ])('tells of an Accept for the whole cluster %s', (_, subject, spec, times) => {
      const clusterEgressPolicies = [aClusterPolicy({ subject, ...spec })];
      expect(found({ clusterEgressPolicies }, 'accepts-by-label-everywhere')).toHaveLength(times);
    });

    it('tells of a namespace that no delegation concerns, whatever others have', () => {
      const egressPolicies = [aPolicy(clean)];
      const delegation = (tier: string): EgressDelegation => ({
        apiVersion: 'postern.dev/v1alpha1',
        kind: 'EgressDelegation',
        metadata: { name: tier, uid: tier, generation: 1, labels: {}, annotations: {} },
        spec: { namespaceSelector: { matchLabels: { tier } }, destinations: 'None', beyond: 'Refuse' },
      });
      const namespaces = [aNamespace('shop', { tier: 'team' })];
      const withOne = (tier: string): Partial<Snapshot> => {
        return { egressPolicies, namespaces, egressDelegations: [delegation(tier)] };
      };
      expect(found(withOne('other'), undelegated)).toEqual([`info ${policy}`]);
      expect(found(withOne('team'), undelegated)).toEqual([]);
    });

    it('tells once that no Admin policy limits what they choose', () => {
      const egressPolicies = [aPolicy(clean), aPolicy(clean, { name: 'other' })];
      expect(found({ egressPolicies }, undelegated)).toEqual([`info ${policy}`]);
      expect(found({ egressPolicies, clusterEgressPolicies: [aClusterPolicy(clean)] }, undelegated)).toEqual([]);
      const baseline = aClusterPolicy({ ...clean, tier: 'Baseline' });
      expect(found({ egressPolicies, clusterEgressPolicies: [baseline] }, undelegated)).toHaveLength(1);
      const observing = aPoint({ mode: 'Observe' });
      expect(found({ egressPolicies, enforcementPoints: [observing] }, undelegated)).toEqual([]);
    });
  });
});
