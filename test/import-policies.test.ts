import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Importer } from '../src/import/importer.ts';
import { parseObject } from '../src/api/parse.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import { grouped } from '../src/core/model/grouped.ts';
import { importCalicoPolicies } from '../src/import/calico/calico.ts';
import { importCiliumPolicies } from '../src/import/cilium/cilium.ts';
import { importNetworkPolicies } from '../src/import/network-policy.ts';
import type { Protocol } from '../src/verify/network/ends/ends.ts';
import { readNetwork } from '../src/verify/network/network.ts';
import { evaluator } from '../src/verify/perimeter/desired.ts';
import { aNamespace, aPod, aPoint, aSnapshot } from './kit/builders.ts';

/*
 * What is imported is held against the judge's own reading of the original: it never permits more, and, where the report names
 * nothing that was lost, exactly the same.
 */

const namespaces = ['a', 'b'].map((name) => aNamespace(name));
const pods = [
  ...['web', 'job'].map((app, at) =>
    aPod({ namespace: 'a', name: `${app}-1`, labels: { app }, addresses: [`10.0.0.${at + 1}`] }),
  ),
  aPod({ namespace: 'b', name: 'web-1', labels: { app: 'web', tier: 'x' }, addresses: ['10.0.1.1'] }),
];
const addresses = ['203.0.113.5', '203.0.113.70', '198.51.100.9', '192.0.2.1', '2001:db8::1'];
const hosts = ['api.example.com', 'a.b.example.com', 'example.com', 'other.test'];
const wires = [443, 80, 5435].flatMap((port) => (['TCP', 'UDP'] as const).map((protocol) => ({ port, protocol })));

interface Flow {
  readonly pod: (typeof pods)[number];
  readonly host?: string;
  readonly address?: string;
  readonly port: number;
  readonly protocol: Protocol;
}

const flows: readonly Flow[] = pods.flatMap((pod) =>
  wires.flatMap((wire) => [
    ...addresses.map((address) => ({ pod, address, ...wire })),
    ...hosts.map((host) => ({ pod, host, ...wire })),
  ]),
);

function ours(importer: Importer, values: readonly object[], deeperNames = false) {
  const { objects, report } = importer(values, { home: '', point: '', deeperNames });
  const parsed = objects.map((object) => {
    const read = parseObject(object);
    if ('problems' in read) throw new Error(JSON.stringify({ object, problems: read.problems }));
    return read.object;
  });
  const snapshot = aSnapshot({
    ...{ namespaces, pods, enforcementPoints: [aPoint()] },
    egressPolicies: parsed.filter((object) => object.kind === 'EgressPolicy'),
    clusterEgressPolicies: parsed.filter((object) => object.kind === 'ClusterEgressPolicy'),
  });
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), '2026-06-01T00:00:00Z');
  const decide = evaluator(compiler.desired('edge')!);
  const permits = ({ pod, host, address, port, protocol }: Flow): boolean =>
    decide({ src: pod.addresses[0]!, port, protocol, ...(host ? { host } : { dst: address! }) }).action === 'Accept';
  const isWhole = report.every(({ effect, code }) => effect !== 'lost' || code === 'within-the-cluster');
  const isSame = isWhole && report.every(({ code }) => code !== 'denies-more' && code !== 'deeper-names');
  return { permits, isSame };
}

/** `open`: nothing selects the pod; `unknown`: the judge cannot tell. */
function theirs(byKind: ReadonlyMap<string, readonly object[]>): (flow: Flow) => 'yes' | 'no' | 'unknown' | 'open' {
  const network = readNetwork({ byKind, namespaces, pods, nodes: [] });
  return ({ pod, host, address, ...wire }) => {
    const from = network.podEnd({ ...pod, namedPorts: {} });
    if (network.selecting([from]).size === 0) return 'open';
    const names = host === undefined ? [] : [host];
    return network.leaves(from, { kind: 'outside', host, address, names }, wire).allowed;
  };
}

const spec = (value: fc.Arbitrary<object>, kind: string, apiVersion: string): fc.Arbitrary<readonly object[]> =>
  fc
    .array(fc.record({ namespace: fc.constantFrom('a', 'b'), spec: value }), { minLength: 1, maxLength: 3 })
    .map((all) =>
      all.map(({ namespace, spec: own }, at) => ({
        apiVersion,
        kind,
        metadata: { name: `p${at}`, namespace },
        spec: own,
      })),
    );

const selector = fc.constantFrom(
  {},
  { matchLabels: { app: 'web' } },
  { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'db'] }] },
  { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
);
const blocks = [
  { cidr: '203.0.113.0/24', except: ['203.0.113.64/26'] },
  { cidr: '0.0.0.0/0', except: ['198.51.100.0/24', '203.0.113.0/25'] },
  { cidr: '2001:db8::/32' },
  { cidr: '192.0.2.1/32' },
];

const networkPolicy = spec(
  fc.record({
    podSelector: selector,
    policyTypes: fc.constant(['Egress']),
    egress: fc.array(
      fc.record(
        {
          to: fc.array(fc.constantFrom({ podSelector: {} }, ...blocks.map((ipBlock) => ({ ipBlock }))), {
            maxLength: 2,
          }),
          ports: fc.array(
            fc.constantFrom(
              { port: 443 },
              { protocol: 'UDP' },
              { port: 5000, endPort: 6000 },
              { port: 'https' },
              { protocol: 'SCTP', port: 80 },
              { port: 80, protocol: 'UDP' },
            ),
            { maxLength: 2 },
          ),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 2 },
    ),
  }),
  'NetworkPolicy',
  'networking.k8s.io/v1',
);

describe('the import of NetworkPolicies', () => {
  it('permits the same as they do of every pod that one selects', () => {
    const seen = { yes: 0, no: 0 };
    fc.assert(
      fc.property(networkPolicy, (values) => {
        const { permits } = ours(importNetworkPolicies, values);
        const judge = theirs(new Map([['networking.k8s.io/NetworkPolicy', values]]));
        for (const flow of flows.filter(({ address }) => address !== undefined)) {
          const said = judge(flow);
          if (said === 'open' || said === 'unknown') continue;
          seen[said] += 1;
          expect({ flow, permitted: permits(flow) }).toEqual({ flow, permitted: said === 'yes' });
        }
      }),
      { seed: 3, numRuns: 200 },
    );
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(500);
  });
});

const ciliumPorts = fc.constantFrom(
  undefined,
  [{ ports: [{ port: '443', protocol: 'TCP' }] }],
  [{ ports: [{ port: '80' }, { port: '5000', endPort: 6000, protocol: 'TCP' }] }],
  [{ ports: [{ port: '443', protocol: 'TCP' }], rules: { http: [{ method: 'GET' }] } }],
);
const peer = fc.constantFrom<object>(
  { toCIDR: ['203.0.113.0/24'] },
  { toCIDRSet: [{ cidr: '0.0.0.0/0', except: ['203.0.113.0/25'] }] },
  { toEntities: ['world'] },
  { toEntities: ['cluster'] },
  { toEndpoints: [{ matchLabels: { app: 'db' } }] },
  {},
);
const name = fc.constantFrom<object>(
  { toFQDNs: [{ matchName: 'api.example.com' }] },
  { toFQDNs: [{ matchPattern: '*.example.com' }] },
  { toFQDNs: [{ matchPattern: '**.example.com' }, { matchName: 'Other.test.' }] },
);
const withPorts = (peers: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc.tuple(peers, ciliumPorts).map(([one, toPorts]) => ({ ...one, ...(toPorts && { toPorts }) }));
const ciliumSpec = fc.record(
  {
    endpointSelector: fc.constantFrom({}, { matchLabels: { 'k8s:app': 'web' } }, { matchLabels: { 'any:tier': 'x' } }),
    egress: fc.array(withPorts(fc.oneof(peer, name)), { maxLength: 2 }),
    egressDeny: fc.array(withPorts(peer), { maxLength: 1 }),
  },
  { requiredKeys: ['endpointSelector', 'egress'] },
);
const cilium = spec(ciliumSpec, 'CiliumNetworkPolicy', 'cilium.io/v2');

const oddPorts = fc.constantFrom<object>(
  { port: '443', protocol: 'tcp' },
  { port: '0' },
  { port: '' },
  { port: '00443' },
  { port: 'https', protocol: 'TCP' },
  { port: '5000', endPort: 443 },
  { port: '0', protocol: 'SCTP' },
  { protocol: 'TCP' },
);
const odd = fc.record(
  {
    toCIDR: fc.constantFrom([], ['203.0.113.5'], ['203.0.113.0/24', '2001:db8::/32'], ['203.0.113.5/24']),
    toCIDRSet: fc.constantFrom(
      [],
      [{ cidr: '203.0.113.0/24', except: ['203.0.113.64/26'] }],
      [{ cidr: '203.0.113.0/24', except: ['198.51.100.0/24'] }],
      [{ cidr: '203.0.113.5' }],
      [{ cidrGroupRef: 'partners' }],
    ),
    toEntities: fc.constantFrom([], ['world-ipv4'], ['all'], ['none'], ['world-ipv6', 'cluster'], ['internet']),
    toEndpoints: fc.constantFrom([], [{}]),
    toFQDNs: fc.constantFrom<object[]>(
      [],
      [{ matchName: 'API.example.com.' }],
      [{ matchPattern: '*' }],
      [{ matchPattern: 'a*.b.example.com' }],
      [{ matchName: 'api.example.com', matchPattern: '*.test' }],
    ),
    toPorts: fc.array(fc.record({ ports: fc.array(oddPorts, { maxLength: 2 }) }), { maxLength: 2 }),
    icmps: fc.constantFrom([], [{ fields: [{ type: 8 }] }]),
  },
  { requiredKeys: [] },
);
const oddCilium = fc
  .array(
    fc.record(
      {
        endpointSelector: fc.constantFrom({}, { matchLabels: { app: 'web' } }),
        egress: fc.array(odd, { maxLength: 2 }),
        egressDeny: fc.array(odd, { maxLength: 1 }),
        enableDefaultDeny: fc.constant({ egress: false }),
      },
      { requiredKeys: ['endpointSelector', 'egress'] },
    ),
    { minLength: 1, maxLength: 2 },
  )
  .chain((specs) =>
    spec(ciliumSpec, 'CiliumNetworkPolicy', 'cilium.io/v2').map((others) => [
      { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'odd', namespace: 'a' }, specs },
      ...others,
    ]),
  );

describe('the import of Cilium policies', () => {
  it.each([
    ['they do not', cilium, 5, 300],
    ['they do not, also of odd ones, which the agent may refuse', oddCilium, 6, 100],
  ])('permits nothing that %s, and the same where nothing was lost', (_, policies, seed, least) => {
    const seen = { 'yes, same': 0, 'no, same': 0, 'yes, less': 0 };
    fc.assert(
      fc.property(policies, (values) => {
        const { permits, isSame } = ours(importCiliumPolicies, values);
        const judge = theirs(new Map([['cilium.io/CiliumNetworkPolicy', values]]));
        for (const flow of flows) {
          const said = judge(flow);
          if (said === 'open' || said === 'unknown') continue;
          const permitted = permits(flow);
          if (said === 'no' || isSame) expect({ flow, permitted }).toEqual({ flow, permitted: said === 'yes' });
          if (permitted === (said === 'yes')) seen[`${said}, same`] += 1;
          else seen['yes, less'] += 1;
        }
      }),
      { seed, numRuns: 300 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(least);
  });
});

const calico = fc
  .array(
    fc.record({
      namespace: fc.constantFrom('a', 'b', ''),
      order: fc.constantFrom(10, 20, 30, undefined),
      selector: fc.constantFrom(
        "app == 'web'",
        "app in {'web', 'db'} && !has(tier)",
        'all()',
        "app != 'web'",
        "app starts with 'we'",
      ),
      egress: fc.array(
        fc.record({
          action: fc.constantFrom('Allow', 'Allow', 'Deny', 'Log', 'Pass'),
          rule: fc.constantFrom<object>(
            { destination: { nets: ['203.0.113.0/24'], notNets: ['203.0.113.64/26'] } },
            { protocol: 'TCP', destination: { nets: ['0.0.0.0/0'], ports: [443, '5000:6000'] } },
            { protocol: 'UDP' },
            { ipVersion: 6 },
            { destination: { selector: "app == 'db'" } },
            { protocol: 'TCP', destination: { notPorts: [80] } },
            {},
          ),
        }),
        { maxLength: 3 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) =>
    all.map(({ namespace, order, selector: own, egress }, at) => ({
      apiVersion: 'projectcalico.org/v3',
      kind: namespace === '' ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
      metadata: { name: `p${at}`, ...(namespace && { namespace }) },
      spec: {
        selector: own,
        types: ['Egress'],
        egress: egress.map(({ action, rule }) => ({ action, ...rule })),
        ...(order && { order: order + at }),
      },
    })),
  );

describe('the import of Calico policies', () => {
  it('permits nothing that they do not, and the same where nothing was lost', () => {
    const seen = { 'yes, same': 0, 'no, same': 0, 'yes, less': 0 };
    fc.assert(
      fc.property(calico, (values) => {
        const { permits, isSame } = ours(importCalicoPolicies, values);
        const byKind = grouped(values.map((one) => [`projectcalico.org/${one.kind}`, one] as const));
        const judge = theirs(byKind);
        for (const flow of flows.filter(({ address }) => address !== undefined)) {
          const said = judge(flow);
          if (said === 'open' || said === 'unknown') continue;
          const permitted = permits(flow);
          if (said === 'no' || isSame) expect({ flow, permitted }).toEqual({ flow, permitted: said === 'yes' });
          if (permitted === (said === 'yes')) seen[`${said}, same`] += 1;
          else seen['yes, less'] += 1;
        }
      }),
      { seed: 8, numRuns: 300 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  });
});
