import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compiler } from '../../core/compile/compiler.ts';
import { changesOf, namespace, pod, point, policy } from '../../core/compile/testing/builders.ts';
import type { EgressSource, Pod, Snapshot } from '../../core/model/snapshot.ts';
import { egressOfPods } from '../../verify/egress-addresses/of-pods.ts';
import { egressSourceKinds } from './kinds.ts';

function read(object: { readonly apiVersion: string; readonly kind: string }): EgressSource {
  const known = egressSourceKinds.find(({ kind }) => kind === object.kind);
  const result = known?.read(object);
  if (result === undefined || !('object' in result)) throw new Error(JSON.stringify(result));
  return result.object;
}

const object = (apiVersion: string, kind: string, spec: object, more: object = {}) => ({
  apiVersion,
  kind,
  metadata: { name: 'one' },
  spec,
  ...more,
});
const ovn = (spec: object) => object('k8s.ovn.org/v1', 'EgressIP', spec);
const cilium = (spec: object) => object('cilium.io/v2', 'CiliumEgressGatewayPolicy', spec);
const antrea = (spec: object, status?: object) =>
  object('crd.antrea.io/v1beta1', 'Egress', spec, status ? { status } : {});

describe('what objects of network plugins say about addresses', () => {
  it.each([
    [
      ovn({ egressIPs: ['192.0.2.1', '2001:DB8::1'], namespaceSelector: { matchLabels: { a: '1' } } }),
      [{ namespaceSelector: { matchLabels: { a: '1' } } }],
      ['192.0.2.1', '2001:db8::1'],
    ],
    [
      cilium({
        selectors: [{ podSelector: { matchLabels: { app: 'a', 'k8s:io.kubernetes.pod.namespace': 'shop' } } }],
        egressGateways: [{ egressIP: '192.0.2.2' }, { egressIP: '192.0.2.3' }],
      }),
      [
        {
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['shop'] }],
          },
          podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] },
        },
      ],
      ['192.0.2.2', '192.0.2.3'],
    ],
    [
      cilium({ selectors: [{ podSelector: {} }], egressGateway: { interface: 'eth1' } }),
      [{ podSelector: { matchExpressions: [] }, namespaceSelector: { matchExpressions: [] } }],
      [],
    ],
    [
      antrea(
        { appliedTo: { podSelector: { matchLabels: { a: '1' } } }, externalIPPool: 'p' },
        { egressIP: '192.0.2.4' },
      ),
      [{ podSelector: { matchLabels: { a: '1' } } }],
      ['192.0.2.4'],
    ],
    [antrea({ appliedTo: {}, egressIP: '192.0.2.4' }), [], ['192.0.2.4']],
  ])('%j', (written, takes, addresses) => {
    expect(read(written)).toEqual({ id: `${written.kind}/one`, takes, addresses, object: written });
  });

  it('is refused by field where it is no address', () => {
    const [egressIp] = egressSourceKinds;
    expect(egressIp?.read(ovn({ egressIPs: ['192.0.2'], namespaceSelector: {} }))).toEqual({
      faults: [{ field: 'spec.egressIPs[0]', message: 'Invalid value: "192.0.2": must be an IPv4 or IPv6 address' }],
    });
  });
});

const value = fc.constantFrom('1', '2');
const labels = fc.dictionary(fc.constantFrom('a', 'b'), value, { maxKeys: 2 });
const selector = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
  fc.record({
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key: fc.constantFrom('a', 'b'),
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.tuple(value),
        }),
        fc.record({ key: fc.constantFrom('a', 'b'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
      { maxLength: 2 },
    ),
  }),
);
const inCilium = fc.oneof(
  selector,
  fc.constantFrom('red', 'blue').map((name) => ({ matchLabels: { 'io.kubernetes.pod.namespace': name } })),
  value.map((a) => ({ matchLabels: { 'k8s:a': a } })),
);
const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1');
const written = fc.oneof(
  fc.record({ egressIPs: fc.tuple(address), namespaceSelector: selector, podSelector: selector }).map(ovn),
  fc
    .record({
      selectors: fc.array(fc.record({ namespaceSelector: selector, podSelector: inCilium }), { maxLength: 2 }),
      egressGateway: fc.record({ egressIP: address }),
    })
    .map(cilium),
  fc
    .record({ appliedTo: fc.record({ namespaceSelector: selector, podSelector: selector }), egressIP: address })
    .map((spec) => antrea(spec)),
);
const calicoSelector = fc.constantFrom(
  "a == '1'",
  "a != '1' && has(b)",
  "b in {'1', '2'} || !has(a)",
  "!(a == '1' || b == '2')",
  "a not in {'2'}",
  'all()',
  "projectcalico.org/namespace == 'blue'",
);
const ofNamespaces = fc.constantFrom("projectcalico.org/name == 'blue'", "a == '1'", 'all()', "a != '1'");
const gateway = fc.record({ selector: calicoSelector, namespaceSelector: ofNamespaces });
const annotated = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 2 },
  { arbitrary: calicoSelector.map((selector) => ({ selector })), weight: 2 },
  { arbitrary: gateway, weight: 2 },
  { arbitrary: fc.constantFrom('0', '1', 'none').map((egressGatewayPolicy) => ({ egressGatewayPolicy })), weight: 2 },
  fc.constant({ namespaceSelector: 'all()' }),
  fc.record({ selector: calicoSelector, egressGatewayPolicy: fc.constantFrom('0', 'none') }),
);
const places = ['203.0.113.0/24', '203.0.113.0/25', '203.0.113.128/25', '198.51.100.0/24', undefined];
const gatewayRule = fc.record({
  destination: fc.constantFrom(...places).map((cidr) => (cidr === undefined ? undefined : { cidr })),
  gateway: fc.option(gateway, { nil: undefined }),
});
const gatewayPolicy = fc
  .uniqueArray(gatewayRule, { minLength: 1, maxLength: 3, selector: ({ destination }) => destination?.cidr })
  .map((rules) => object('projectcalico.org/v3', 'EgressGatewayPolicy', { rules }));
const pods = fc.array(
  fc.record({
    space: fc.constantFrom('red', 'blue'),
    labels,
    hostNetwork: fc.constantFrom(false, false, false, true),
    egressGateway: annotated,
    deleting: fc.constantFrom(false, false, true),
  }),
  { maxLength: 6 },
);
const pool = fc.record({ namespaceSelector: labels, podSelector: labels }).map((one) => ({
  namespaceSelector: { matchLabels: one.namespaceSelector },
  podSelector: { matchLabels: one.podSelector },
  networks: ['198.51.100.0/30'],
}));

const step = fc.record({
  objects: fc.array(written, { maxLength: 3 }),
  pods,
  namespaces: fc.tuple(labels, labels),
  pools: fc.array(pool, { maxLength: 2 }),
  policies: fc.array(gatewayPolicy, { maxLength: 2 }),
  chosen: fc.tuple(annotated, annotated),
});

function snapshotOf(world: ReturnType<typeof changesFor>): Snapshot {
  return { ...world, serviceAccounts: [], nodes: [], externalServices: [], clusterEgressPolicies: [] };
}

/** Of which the parts are reached in ways of their own. */
const destinations = ['192.0.2.128/25', '198.51.100.0/24', '2001:db8:1::/48', '203.0.113.0/26', '203.0.113.192/26'];

/** What the compiler makes of it at vantage EgressIP, for every pod of namespace red. */
function changesFor({
  objects,
  pods: some,
  namespaces: [red, blue],
  pools,
  policies,
  chosen: [ofRed, ofBlue],
}: typeof step extends fc.Arbitrary<infer T> ? T : never) {
  const egressSources = [...objects, ...policies].map((one, at): EgressSource => {
    const index = at < objects.length ? at : at - objects.length;
    const named = { ...one, metadata: { name: String(index) } };
    return { ...read(named), id: `${one.kind}/${index}`, object: named };
  });
  const all = some.map((one, index): Pod => {
    const { labels: own, hostNetwork, deleting, egressGateway } = one;
    const addresses = [`10.0.0.${index}`];
    const said = egressGateway && { egressGateway };
    return pod(`${one.space}/p${index}`, { labels: own, hostNetwork, deleting, addresses, ...said });
  });
  const vantage = { type: 'EgressIP' as const, ...(pools.length > 0 && { pools }) };
  const namespaces = [
    { ...namespace('red', red), ...(ofRed && { egressGateway: ofRed }) },
    { ...namespace('blue', blue), ...(ofBlue && { egressGateway: ofBlue }) },
  ];
  const snapshot = { namespaces, pods: all, egressSources };
  const grants = policy('red/all', { to: [{ networks: destinations, allPorts: true }] });
  return { ...snapshot, egressPolicies: [grants], enforcementPoints: [point('edge', { vantage })] };
}

describe('a group at vantage EgressIP', () => {
  it('holds what the judge, who reads the objects by himself, says that its pods leave under on the way there', () => {
    const seen = { members: 0, apart: 0 };
    fc.assert(
      fc.property(step, (one) => {
        const world = changesFor(one);
        const compiler = new Compiler();
        compiler.apply(changesOf(world), '2026-01-01T00:00:00Z');
        const { rules = [], groups = [] } = compiler.desired('edge') ?? {};
        const own = ({ addresses }: Pod): readonly string[] => addresses;
        const egress = egressOfPods(snapshotOf(world), own);
        const { vantage } = world.enforcementPoints[0]!.spec;
        const red = world.pods.filter((each) => each.namespace === 'red' && !each.deleting);
        for (const to of destinations) {
          const expected = red.flatMap((each) => {
            const { fixed, through } = egress.of(each, vantage);
            const there = through?.toward({ address: to.replace(/\/.*/, '') }) ?? 'past';
            // Past all gateways, or nobody can tell which they are: nothing is granted.
            return [...fixed, ...(typeof there === 'string' ? [] : there)];
          });
          const sources = rules
            .filter(({ destination }) => destination.networks.includes(to))
            .flatMap((rule) => rule.sources);
          const members = groups.filter(({ id }) => sources.includes(id)).flatMap((group) => group.members);
          expect(members).toEqual([...new Set(expected)].sort());
          seen.members += members.length;
        }
        expect(rules.flatMap(({ destination }) => destination.networks).sort()).toEqual(destinations);
        seen.apart += rules.length > 1 ? 1 : 0;
      }),
      { seed: 1, numRuns: 1_000 },
    );
    expect(seen.members).toBeGreaterThan(1_500);
    expect(seen.apart).toBeGreaterThan(200);
  });

  it('does not depend on the way that led there', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 5 }), (steps) => {
        const compiler = new Compiler();
        let before: ReturnType<typeof changesOf> = [];
        for (const one of steps) {
          const after = changesOf(changesFor(one));
          const keys = new Set(after.map(({ kind, key }) => `${kind}/${key}`));
          const gone = before
            .filter(({ kind, key }) => !keys.has(`${kind}/${key}`))
            .map(({ kind, key }) => ({ kind, key, object: undefined }));
          compiler.apply([...after, ...gone], '2026-01-01T00:00:00Z');
          const cold = new Compiler();
          cold.apply(after, '2026-01-01T00:00:00Z');
          expect(compiler.desired('edge')).toEqual(cold.desired('edge'));
          expect(compiler.overGrants('edge')).toEqual(cold.overGrants('edge'));
          before = after;
        }
      }),
      { seed: 2, numRuns: 400 },
    );
  });
});
