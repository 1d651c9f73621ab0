import { describe, expect, it } from 'vitest';
import { meshOf } from '../mesh/testing/fixtures.ts';
import { candidates } from './candidates.ts';
import { readCluster } from './ends/cluster.ts';
import { readPolicies } from './policies.ts';
import { always, type Policy } from './rules.ts';

type Kind = readonly [apiVersion: string, kind: string];

const kinds = {
  kubernetes: ['networking.k8s.io/v1', 'NetworkPolicy'],
  upstream: ['policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy'],
  cilium: ['cilium.io/v2', 'CiliumNetworkPolicy'],
  ciliumOfAll: ['cilium.io/v2', 'CiliumClusterwideNetworkPolicy'],
  calico: ['projectcalico.org/v3', 'NetworkPolicy'],
  calicoOfAll: ['projectcalico.org/v3', 'GlobalNetworkPolicy'],
  antrea: ['crd.antrea.io/v1beta1', 'NetworkPolicy'],
  antreaOfAll: ['crd.antrea.io/v1beta1', 'ClusterNetworkPolicy'],
} as const satisfies Record<string, Kind>;

/** The labels that a policy needs, and whether it may select pod `app: web` of namespace `shop`. */
function readAs([apiVersion, kind]: Kind, spec: string): readonly [needs: string | undefined, asked: boolean] {
  const { network } = meshOf([
    `{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: it, namespace: shop }, spec: { ${spec} } }`,
  ]);
  const cluster = readCluster(network);
  const { networkPolicies, upstream, cilium, calico, antrea, doubtful } = readPolicies(network, cluster);
  const all: readonly Policy[] = [
    ...networkPolicies,
    ...upstream.admin,
    ...cilium,
    ...calico.policies,
    ...antrea.policies,
  ];
  const [policy] = all;
  if (policy === undefined || all.length > 1 || doubtful.length > 0) throw new Error('one policy is read');
  const pod = cluster.podEnd({
    namespace: 'shop',
    labels: { app: 'web' },
    addresses: undefined,
    namedPorts: undefined,
  });
  const asked = candidates(all)(pod).length > 0;
  // Whoever is not asked would have said that the pod is none of its own.
  if (!asked) expect([policy.selects(pod), policy.receives?.(pod) ?? 'no']).toEqual(['no', 'no']);
  return [policy.needs?.map((label) => label.join('=')).join(), asked];
}

const upstreamSubject = (pods: string): string =>
  `tier: Admin, priority: 1, subject: { ${pods} }, egress: [{ action: Deny, to: [{ networks: [0.0.0.0/0] }] }]`;
const antreaRule = 'priority: 1, egress: [{ action: Drop }]';

describe('a policy that wants a label', () => {
  it.each<[string, Kind, string, string]>([
    ['matchLabels', kinds.kubernetes, 'podSelector: { matchLabels: { app: db } }', 'app=db'],
    [
      'one value',
      kinds.kubernetes,
      'podSelector: { matchExpressions: [{ key: app, operator: In, values: [db] }] }',
      'app=db',
    ],
    [
      'ClusterNetworkPolicy',
      kinds.upstream,
      upstreamSubject('pods: { podSelector: { matchLabels: { app: db } } }'),
      'app=db',
    ],
    ['Cilium', kinds.cilium, 'endpointSelector: { matchLabels: { "k8s:app": db } }, egress: [{}]', 'app=db'],
    ['Cilium', kinds.ciliumOfAll, 'endpointSelector: { matchLabels: { "any:app": db } }, egress: [{}]', 'app=db'],
    [
      'Calico',
      kinds.calicoOfAll,
      `selector: "has(tier) && app == 'db' && x in {'y'}", egress: [{ action: Deny }]`,
      'app=db',
    ],
    [
      'Antrea',
      kinds.antreaOfAll,
      `appliedTo: [{ podSelector: { matchLabels: { app: db } } }], ${antreaRule}`,
      'app=db',
    ],
  ])('of %s is not asked about a pod without it (%j, %s)', (_, kind, spec, needs) => {
    expect(readAs(kind, spec)).toEqual([needs, false]);
  });

  it.each<[string, Kind, string]>([
    [
      'two values',
      kinds.kubernetes,
      'podSelector: { matchExpressions: [{ key: app, operator: In, values: [db, web] }] }',
    ],
    [
      'another value',
      kinds.kubernetes,
      'podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [db] }] }',
    ],
    ['labels of namespaces', kinds.upstream, upstreamSubject('namespaces: { matchLabels: { app: db } }')],
    [
      'a label that Cilium adds',
      kinds.ciliumOfAll,
      'endpointSelector: { matchLabels: { "k8s:io.kubernetes.pod.namespace": shop } }, egress: [{}]',
    ],
    ['either', kinds.calico, `selector: "app == 'db' || app == 'web'", egress: [{ action: Deny }]`],
    ['not', kinds.calico, `selector: "!(app == 'db')", egress: [{ action: Deny }]`],
    [
      'a label that Calico adds',
      kinds.calicoOfAll,
      `selector: "projectcalico.org/namespace == 'shop' && pcns.projectcalico.org/name == 'shop'", egress: [{ action: Deny }]`,
    ],
    [
      'a ServiceAccount that is not known',
      kinds.calico,
      `selector: "app == 'db'", serviceAccountSelector: "role == 'x'", egress: [{ action: Deny }]`,
    ],
    ['an unreadable selector', kinds.calico, `selector: "app == 'db' &&", egress: [{ action: Deny }]`],
    [
      'pods of one of two peers',
      kinds.antrea,
      `appliedTo: [{ podSelector: { matchLabels: { app: db } } }, { podSelector: {} }], ${antreaRule}`,
    ],
    [
      'pods of a rule',
      kinds.antrea,
      'priority: 1, egress: [{ action: Drop, appliedTo: [{ podSelector: { matchLabels: { app: db } } }] }]',
    ],
    ['pods of a group', kinds.antreaOfAll, `appliedTo: [{ group: databases }], ${antreaRule}`],
  ])('is asked where it wants %s (%j)', (_, kind, spec) => {
    const [needs, asked] = readAs(kind, spec);
    expect([needs ?? '', asked]).toEqual(['', true]);
  });
});

describe('candidates', () => {
  const policy = (id: string, more: Partial<Policy> = {}): Policy => ({ id, selects: always, rules: [], ...more });
  const pod = (namespace: string, labels: Readonly<Record<string, string>>) =>
    readCluster(meshOf([]).network).podEnd({ namespace, labels, addresses: undefined, namedPorts: undefined });

  it('keep their order, wherever they were found', () => {
    const find = candidates([
      policy('a', { needs: [['app', 'web']] }),
      policy('b'),
      policy('c', { namespace: 'shop', needs: [['tier', 'front']] }),
      policy('d', { namespace: 'shop' }),
      policy('e', { namespace: 'pay' }),
      policy('f', {
        needs: [
          ['app', 'web'],
          ['tier', 'back'],
        ],
      }),
      policy('g', { needs: [['app', 'web']] }),
    ]);
    const ids = (namespace: string, labels: Readonly<Record<string, string>>): string =>
      find(pod(namespace, labels))
        .map(({ id }) => id)
        .join('');
    expect(ids('shop', { tier: 'front', app: 'web' })).toBe('abcdg');
    expect(ids('shop', { tier: 'back', app: 'web' })).toBe('abdfg');
    expect(ids('pay', {})).toBe('be');
  });
});
