import { describe, expect, it } from 'vitest';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import {
  checkout,
  entry,
  meshOf,
  plane,
  policy,
  routes,
  server,
  shopSidecar,
  stripe,
  subset,
  to,
} from '../../src/verify/mesh/testing/fixtures.ts';
import type { MeshTarget } from '../../src/verify/mesh/answer.ts';

/* What DestinationRules do besides making TLS, as istiod 1.31 and Envoy 1.40 were seen to do it with packets. */

const own = entry({ host: 'api.own.test', kind: 'tls', exportTo: ['*'] });
const other = entry({ host: 'other.test', kind: 'tls', exportTo: ['*'] });
const opaque = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: db, namespace: shop }
spec: { hosts: [db.test], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 5432, name: tcp, protocol: TCP }] }`;
const bare = to('', 443);
const anywhere = (port: number): MeshTarget => ({ ...bare, host: undefined, address: '203.0.113.9', port });
const inner = `
apiVersion: v1
kind: Service
metadata: { name: inner, namespace: shop }
spec: { selector: { app: checkout }, ports: [{ name: http, port: 8081 }] }`;
const rule = (host: string, spec: string, namespace = 'shop'): string => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: more, namespace: ${namespace} }
spec: { host: ${host}, ${spec} }`;
const passing = 'loadBalancer: { simple: PASSTHROUGH }';
const always = `trafficPolicy: { ${passing} }`;
const atPort = (port: number, what: string): string => `portLevelSettings: [{ port: { number: ${port} }, ${what} }]`;
const route = (name: string): string => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: past, namespace: shop }
spec:
  hosts: [api.own.test]
  tls: [{ match: [{ sniHosts: [api.own.test] }], route: [{ destination: { host: ${name}, subset: more, port: { number: 443 } } }] }]`;
const gateway = 'egress.istio-egress.svc.cluster.local';
const behind = [plane, ...[subset, server, routes, entry, policy].map((part) => part(stripe))];
const passingSubset = `subsets: [{ name: more, trafficPolicy: { ${passing} } }]`;

type Case = readonly [string, readonly string[], MeshTarget, string];

const cases: readonly Case[] = [
  ['an address that is kept is any address', [own, rule('api.own.test', always)], anywhere(443), 'claimed direct'],
  ['without such a rule it is none', [own], anywhere(443), 'Deny none'],
  [
    'it is kept on one port alone',
    [own, rule('api.own.test', `trafficPolicy: { ${atPort(443, passing)} }`)],
    anywhere(443),
    'claimed direct',
  ],
  [
    'a port that says something else does not keep it',
    [own, rule('api.own.test', `trafficPolicy: { ${passing}, ${atPort(443, 'connectionPool: {}')} }`)],
    anywhere(443),
    'Deny none',
  ],
  ['it is kept for Services of the cluster', [inner, rule('inner', always)], anywhere(8081), 'claimed direct'],
  [
    'of these for requests alone',
    [inner.replace('name: http', 'name: tls'), rule('inner', always)],
    anywhere(8081),
    'Deny none',
  ],
  ['a name that is said is what is asked for', [own, rule('api.own.test', always)], to('other.test'), 'Deny none'],
  ['what says no name is taken to its address', [opaque, rule('db.test', always)], anywhere(5432), 'Accept direct'],
  [
    'a subset that no route leads to keeps nothing',
    [own, rule('api.own.test', passingSubset)],
    anywhere(443),
    'Deny none',
  ],
  [
    'nor does a rule where a route leads past it',
    [own, other, route('other.test').replace(' subset: more,', ''), rule('api.own.test', always)],
    anywhere(443),
    'Deny none',
  ],
  ['on another port it is not', [inner, rule('inner', always)], anywhere(8082), 'Deny none'],
  [
    'rules of others that are not exported do not count',
    [own, rule('api.own.test', 'exportTo: ["."], ' + always, 'other')],
    anywhere(443),
    'Deny none',
  ],
  [
    'by a subset it leads past the gateway',
    [plane, own, route(gateway), rule(gateway, passingSubset)],
    to('api.own.test'),
    'Accept direct ?',
  ],
  ['and to any address', [plane, own, route(gateway), rule(gateway, passingSubset)], anywhere(443), 'Accept direct ?'],
  [
    'a gateway that keeps it goes to itself',
    [...behind, rule('api.stripe.test', `exportTo: ["."], ${always}`, 'istio-egress')],
    to('api.stripe.test'),
    'Deny gateway',
  ],
  [
    'what is said of a port inherits no TLS',
    [own, rule('api.own.test', `trafficPolicy: { tls: { mode: SIMPLE }, ${atPort(443, 'connectionPool: {}')} }`)],
    to('api.own.test'),
    'Accept direct',
  ],
  [
    'a subset has TLS of its own',
    [
      own,
      route('api.own.test'),
      rule('api.own.test', 'subsets: [{ name: more, trafficPolicy: { tls: { mode: SIMPLE } } }]'),
    ],
    to('api.own.test'),
    'Deny direct',
  ],
  [
    'a subset that says nothing of TLS has that of all',
    [
      own,
      route('api.own.test'),
      rule('api.own.test', 'trafficPolicy: { tls: { mode: SIMPLE } }, subsets: [{ name: more }]'),
    ],
    to('api.own.test'),
    'Deny direct',
  ],
  [
    'a gateway goes nowhere by a subset that there is not',
    [
      ...behind.map((text) =>
        text.replace('destination: { host: api.stripe.test,', 'destination: { host: api.stripe.test, subset: none,'),
      ),
    ],
    to('api.stripe.test'),
    'Deny gateway',
  ],
];

describe('DestinationRules', () => {
  it.each(cases)('%s', (_, yaml, target, expected) => {
    const { judge, judgeClaiming } = evaluateMesh(meshOf([shopSidecar.replace('egress:', 'x:'), ...yaml]));
    const answer = judge(checkout, target);
    const claimed = answer.verdict === 'Deny' ? judgeClaiming(checkout, target) : undefined;
    const { verdict, path, certain, outside } = claimed ?? answer;
    expect(`${claimed ? 'claimed' : verdict} ${path}${certain ? '' : ' ?'}`).toBe(expected);
    if (claimed) expect(claimed.claim?.object).toMatch(/^DestinationRule\//);
    if (verdict === 'Accept' && target.host === undefined) expect(outside.address).toBe(target.address);
  });
});

it('a principal of an alias of the trust domain is one of the mesh', () => {
  const aliased = behind.map((text) => text.replace('cluster.local/ns', 'old.example/ns'));
  const verdictWith = (trustDomainAliases: readonly string[]): string =>
    evaluateMesh(meshOf(aliased, { trustDomainAliases })).judge(checkout, to('api.stripe.test')).verdict;
  expect([[], ['old.example']].map(verdictWith)).toEqual(['Deny', 'Accept']);
});
