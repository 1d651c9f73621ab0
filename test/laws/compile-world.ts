import fc from 'fast-check';
import type { EnforcementPoint } from '../../src/api/kinds.ts';
import type { DestinationRef, Port } from '../../src/api/fields/destination.ts';
import type { LabelSelector } from '../../src/api/fields/selector.ts';
import type { Terminating } from '../../src/api/fields/terminating.ts';
import type { EgressSource, ObjectChange, Pod } from '../../src/core/model/snapshot.ts';
import * as build from '../../src/core/compile/testing/builders.ts';

/*
 * Random clusters, small enough that everything meets everything: two namespaces, two labels, a handful of
 * addresses and destinations, and every kind of mistake that the compiler has to survive.
 */

type Vantage = EnforcementPoint['spec']['vantage'];
interface Account {
  namespace: string;
  name: string;
}

const spaces = ['red', 'blue'] as const;
export const hosts = ['a.test', 'x.a.test', 'b.test'] as const;
export const addresses = ['203.0.113.1', '203.0.113.200', '198.51.100.1', '2001:db8::1'] as const;
const pool = ['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', '192.0.2.3'];
/** Of a network beside the pod network, where annotations may claim addresses of the pod network, too. */
const beside = ['10.9.0.1', '10.9.0.2', '10.9.9.9', '10.0.0.1'];
export const times = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'] as const;

const bit = fc.constantFrom('1', '2');
const labels = fc.dictionary(fc.constantFrom('a', 'b'), bit, { maxKeys: 2 });
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 2 },
  { arbitrary: labels.map((matchLabels) => ({ matchLabels })), weight: 3 },
  fc
    .record({ key: fc.constantFrom('a', 'b'), operator: fc.constantFrom('In', 'NotIn'), values: fc.tuple(bit) })
    .map((expression) => ({ matchExpressions: [expression] })),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 2 }, { arbitrary, weight: 1 });
const port = fc.constantFrom<Port>(
  { port: 443, protocol: 'TCP' },
  { port: 440, endPort: 450, protocol: 'TCP' },
  { port: 53, protocol: 'UDP' },
);
const ports = optional(fc.array(port, { minLength: 1, maxLength: 2 }));
const governance = optional(
  fc.record({ expiresAt: optional(fc.constantFrom(times[1], times[2])), log: optional(fc.boolean()) }),
);
/** What pods that are being deleted keep: until the second of the times, or for as long as they are there. */
const terminating = fc.constantFrom<Terminating>(
  {},
  {},
  { terminating: 'Withdraw' },
  { terminating: 'KeepUntilGone', terminatingLimitSeconds: 31 * 86_400 },
  { terminating: 'KeepUntilGone', terminatingLimitSeconds: 59 * 86_400 },
);
const names = fc.subarray(['a.test', '*.a.test', 'b.test'], { minLength: 1 });
const networks = fc.constantFrom<string[]>(
  ['203.0.113.0/24'],
  ['203.0.113.0/25', '2001:db8::/32'],
  ['198.51.100.1/32'],
  ['0.0.0.0/0', '::/0'],
);
const form = fc.oneof(
  names.map((domainNames) => ({ domainNames })),
  networks.map((list) => ({ networks: list })),
  fc.record({ domainNames: names, networks }),
);
const inline = fc.record({ form, rest: fc.record({ ports }) }).map(({ form, rest }) => ({ ...form, ...rest }));
const reference = fc.record({ externalService: fc.constantFrom('s1', 's2', 'missing'), ports });
const broken = fc.constantFrom<DestinationRef>({ networks: ['10.0.0.1/8'] }, { domainNames: ['no name'] }, {});
const entry: fc.Arbitrary<DestinationRef> = fc.oneof(
  { arbitrary: inline, weight: 6 },
  { arbitrary: reference, weight: 4 },
  { arbitrary: broken, weight: 1 },
);
const to = fc.array(entry, { minLength: 1, maxLength: 2 });

const attachment = fc.record({
  network: fc.constantFrom('telco/a', 'telco/b'),
  addresses: fc.subarray(beside, { maxLength: 2 }),
});
/** As they are read: each network once. */
const attachments = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 2 },
  {
    arbitrary: fc.uniqueArray(attachment, { minLength: 1, maxLength: 2, selector: ({ network }) => network }),
    weight: 4,
  },
  { arbitrary: fc.constant('unreadable' as const), weight: 1 },
);

/** What annotations say of gateways of Calico, of policies that may not be there, and in unknown words. */
const egressGateway = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 4 },
  fc.constantFrom("a == '1'", "has(b) || a != '2'", '(').map((selector) => ({ selector })),
  fc.constant({ selector: 'all()', namespaceSelector: "projectcalico.org/name == 'blue'" }),
  fc.constantFrom('w1', 'w2').map((egressGatewayPolicy) => ({ egressGatewayPolicy })),
);

const pod = fc
  .record({
    namespace: fc.constantFrom(...spaces),
    name: fc.constantFrom('p1', 'p2', 'p3'),
    labels,
    serviceAccount: fc.constantFrom('default', 'runner'),
    node: fc.constantFrom('', 'n1', 'n2'),
    hostNetwork: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, fc.constant(true)),
    phase: fc.oneof(
      { arbitrary: fc.constant('Running' as const), weight: 5 },
      fc.constantFrom('Failed' as const, 'Pending' as const),
    ),
    deleting: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, fc.constant(true)),
    deletionAsked: optional(fc.constant(Date.parse(times[0]) / 1_000)),
    addresses: fc.subarray(pool, { maxLength: 2 }),
    attachments,
    egressGateway,
    created: fc.constantFrom(...times),
  })
  .map(({ namespace, name, deletionAsked, attachments, egressGateway, ...fields }): Pod => {
    return build.pod(`${namespace}/${name}`, {
      ...fields,
      ...(fields.deleting && deletionAsked !== undefined && { deletionAsked }),
      ...(attachments && { attachments }),
      ...(egressGateway && { egressGateway }),
    });
  });

const space = fc
  .record({ name: fc.constantFrom(...spaces), labels, egressGateway })
  .map(({ name, labels, egressGateway }) => ({
    ...build.namespace(name, labels),
    ...(egressGateway && { egressGateway }),
  }));
const node = fc
  .record({
    name: fc.constantFrom('n1', 'n2'),
    addresses: fc.subarray(['192.0.2.1', '192.0.2.2', '192.0.2.3', '10.9.0.2']),
  })
  .map(({ name, addresses }) => build.node(name, ...addresses));
const service = fc
  .record({
    name: fc.constantFrom('s1', 's2'),
    form: fc.oneof({ arbitrary: form, weight: 8 }, fc.constant({})),
    rest: fc.record({ ports, allowedNamespaces: optional(selector), governance }),
  })
  .map(({ name, form, rest }) => build.service(name, { ...form, ...rest }));
const policy = fc
  .record({
    key: fc.tuple(fc.constantFrom(...spaces), fc.constantFrom('x', 'y')).map((parts) => parts.join('/')),
    labels,
    spec: fc.record({
      subject: fc.record({
        podSelector: optional(selector),
        serviceAccounts: optional(fc.constant<string[]>(['runner'])),
      }),
      action: fc.oneof({ arbitrary: fc.constant('Accept'), weight: 3 }, fc.constant('Deny')),
      to,
      governance,
    }),
    terminating,
  })
  .map(({ key, labels, spec, terminating }) => build.policy(key, { ...spec, ...terminating }, { labels }));
const accounts = fc.constantFrom<Account[]>(
  [{ namespace: 'red', name: 'runner' }],
  [{ namespace: 'blue', name: 'default' }],
);
const egress = fc.record({ action: fc.constantFrom('Accept', 'Deny', 'Pass', 'Pass'), to });
const clusterPolicy = fc
  .record({
    name: fc.constantFrom('c1', 'c2', 'c3'),
    labels,
    spec: fc.record({
      tier: fc.constantFrom('Admin', 'Admin', 'Baseline'),
      priority: fc.integer({ min: 1, max: 3 }),
      subject: fc.record({
        namespaceSelector: optional(selector),
        podSelector: optional(selector),
        serviceAccounts: optional(accounts),
      }),
      egress: fc.array(egress, { minLength: 1, maxLength: 3 }),
      governance,
    }),
  })
  .map(({ name, labels, spec }) => build.clusterPolicy(name, spec, { labels }));

const exits = ['192.0.2.1/32', '192.0.2.64/28'];
const egressSource = fc
  .record({
    name: fc.constantFrom('g1', 'g2'),
    takes: fc.array(fc.record({ namespaceSelector: selector, podSelector: selector }), { maxLength: 2 }),
    addresses: fc.subarray(['192.0.2.1', '192.0.2.2']),
  })
  .map(({ name, ...fields }): EgressSource => ({ id: `EgressIP/${name}`, ...fields, object: {} }));

const gatewayRule = fc.record({
  destination: fc.constantFrom('203.0.113.0/24', '203.0.113.128/25', '0.0.0.0/0'),
  gateway: fc.constantFrom(
    undefined,
    { selector: "a == '1'", namespaceSelector: 'all()' },
    { selector: 'has(b)', namespaceSelector: "a == '2'" },
  ),
});
/** One policy may be kept twice, in two API groups. */
const gatewayPolicy = fc
  .record({
    group: fc.constantFrom('crd', 'served'),
    name: fc.constantFrom('w1', 'w2'),
    rules: fc.uniqueArray(gatewayRule, { minLength: 1, maxLength: 3, selector: ({ destination }) => destination }),
  })
  .map(({ group, name, rules }): EgressSource => {
    const written = rules.map(({ destination, gateway }) => ({ destination, ...(gateway && { gateway }) }));
    return { id: `${group}/${name}`, takes: [], addresses: [], gateways: { name, rules: written }, object: {} };
  });

const pointWith = (
  vantage: fc.Arbitrary<Vantage>,
  pointNames: readonly string[],
): fc.Arbitrary<ReturnType<typeof build.point>> =>
  fc
    .record({
      name: fc.constantFrom(...pointNames),
      spec: fc.record({
        vantage,
        namespaceSelector: optional(selector),
        policySelector: fc.constantFrom(undefined, undefined, { matchLabels: { a: '1' } }),
        clusterNetworks: fc.constantFrom<string[] | undefined>(undefined, ['10.0.0.0/8', 'fd00::/8'], ['10.0.0.0/31']),
        defaultAction: fc.constantFrom('Deny', 'Deny', 'Accept'),
      }),
      terminating,
    })
    .map(({ name, spec, terminating }) => build.point(name, { ...spec, ...terminating }));
const podPoint = pointWith(fc.constant<Vantage>({ type: 'Pod' }), ['e1']);
const anyPoint = pointWith(
  fc.constantFrom<Vantage>(
    { type: 'Pod' },
    { type: 'Pod', network: { name: 'telco/a', ranges: ['10.9.0.0/24'] } },
    { type: 'Pod', network: { name: 'telco/a', ranges: ['10.0.0.0/8'] } },
    { type: 'Node' },
    { type: 'EgressIP', pools: [{ allNamespaces: true, podSelector: { matchLabels: { a: '1' } }, networks: exits }] },
    { type: 'Static', networks: ['192.0.2.0/24'] },
    { type: 'EgressGateway', gateway: { namespace: 'red', podSelector: { matchLabels: { a: '1' } } } },
    { type: 'Static' },
    { type: 'Identity' },
    { type: 'Labels' },
  ),
  ['e1', 'e2', 'e3'],
);

/** A cluster as a random list of objects; the last of a name counts. One point, which sees pods. */
export const cluster: fc.Arbitrary<readonly ObjectChange[]> = fc
  .record({
    namespaces: fc.array(space, { maxLength: 2 }),
    nodes: fc.array(node, { maxLength: 2 }),
    pods: fc.array(pod, { minLength: 1, maxLength: 6 }),
    externalServices: fc.array(service, { maxLength: 3 }),
    egressPolicies: fc.array(policy, { maxLength: 4 }),
    clusterEgressPolicies: fc.array(clusterPolicy, { maxLength: 3 }),
    enforcementPoints: fc.array(podPoint, { minLength: 1, maxLength: 1 }),
  })
  .map((parts) => build.changesOf(parts));

/** One object that comes, changes or goes. */
export const event: fc.Arbitrary<ObjectChange> = fc
  .tuple(
    fc.oneof(
      { arbitrary: pod.map((object) => build.changesOf({ pods: [object] })), weight: 6 },
      space.map((object) => build.changesOf({ namespaces: [object] })),
      node.map((object) => build.changesOf({ nodes: [object] })),
      egressSource.map((object) => build.changesOf({ egressSources: [object] })),
      gatewayPolicy.map((object) => build.changesOf({ egressSources: [object] })),
      { arbitrary: service.map((object) => build.changesOf({ externalServices: [object] })), weight: 2 },
      { arbitrary: policy.map((object) => build.changesOf({ egressPolicies: [object] })), weight: 4 },
      { arbitrary: clusterPolicy.map((object) => build.changesOf({ clusterEgressPolicies: [object] })), weight: 3 },
      { arbitrary: anyPoint.map((object) => build.changesOf({ enforcementPoints: [object] })), weight: 2 },
    ),
    fc.nat(4),
  )
  .map(([[change], fate]) => (fate === 0 ? build.gone(change!.kind, change!.key) : change!));
