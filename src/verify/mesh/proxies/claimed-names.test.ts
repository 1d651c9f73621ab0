import { describe, expect, it } from 'vitest';
import type { MeshClient, MeshTarget } from '../answer.ts';
import { evaluateMesh } from '../evaluate.ts';
import type { MeshConfig } from '../objects/config.ts';
import { checkout, meshOf } from '../testing/fixtures.ts';

const object = (kind: string, name: string, spec: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: shop }\nspec: ${spec}`;
const https = '{ number: 443, name: tls, protocol: TLS }';
const http = '{ number: 80, name: http, protocol: HTTP }';
const entry = (host: string, more = '', ports = `${https}, ${http}`): string =>
  object('ServiceEntry', 'wild', `{ hosts: ["${host}"], location: MESH_EXTERNAL, ports: [${ports}], ${more} }`);
const wild = entry('*.wild.test', 'resolution: NONE');
const headless = (more: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: head, namespace: shop }\nspec: { ports: [{ name: http, port: 80, targetPort: 8080 }, { name: tls, port: 443 }], ${more} }`;
const policy = (rules: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: out, namespace: shop }\nspec: { podSelector: {}, policyTypes: [Egress], egress: [${rules}] }`;
const route = (rule: string): string => object('VirtualService', 'led', `{ hosts: ["*.wild.test"], ${rule} }`);
const other = object(
  'ServiceEntry',
  'other',
  `{ hosts: [other.test], location: MESH_EXTERNAL, resolution: DNS, ports: [${https}] }`,
);

interface Case {
  readonly target?: Partial<MeshTarget>;
  readonly client?: Partial<MeshClient>;
  readonly config?: Partial<MeshConfig>;
}

/** The name that has to be claimed, and `?` where it is not certain; nothing: there is none. */
function claimed(yaml: readonly string[], { target, client, config }: Case = {}): string {
  const { judge, judgeClaiming } = evaluateMesh(meshOf(yaml, config));
  const asked: MeshTarget = { address: '203.0.113.9', port: 443, protocol: 'TCP', ...target };
  const who = { ...checkout, ...client };
  expect(judge(who, asked)).toMatchObject({ verdict: 'Deny' });
  const answer = judgeClaiming(who, asked);
  if (answer === undefined) return '';
  expect(answer.outside).toEqual({ host: '', address: asked.address, port: asked.port });
  return `${/names (\S+ \(\w+\))/.exec(answer.claim?.reason ?? '')?.[1] ?? ''}${answer.certain ? '' : ' ?'}`;
}

describe('an address that nothing is known of', () => {
  it.each<[string, readonly string[], string, Case?]>([
    ['is reached by SNI where a name is not resolved', [wild], '*.wild.test (SNI)'],
    ['and by Host', [wild], '*.wild.test (Host)', { target: { port: 80 } }],
    ['also with a single name', [entry('api.test', 'resolution: NONE')], 'api.test (SNI)'],
    ['and where nothing is said of resolution', [entry('api.test')], 'api.test (SNI)'],
    [
      'by the Host of a headless Service, which a sidecar does not resolve',
      [headless('clusterIP: None, selector: { app: db }')],
      'head.shop.svc.cluster.local (Host)',
      { target: { port: 80 } },
    ],
    ['by its SNI it is not', [headless('clusterIP: None, selector: { app: db }')], ''],
    ['nor by the port of its pods', [headless('clusterIP: None')], '', { target: { port: 8080 } }],
    ['nor by the Host of other Services', [headless('selector: { app: db }')], '', { target: { port: 80 } }],
    [
      'perhaps by the SNI of an entry that is known by workloads',
      [entry('*.wild.test', 'workloadSelector: { labels: { app: db } }')],
      '*.wild.test (SNI) ?',
    ],
    ['by no name that is resolved', [entry('api.test', 'resolution: DNS')], ''],
    ['by no wildcard that is', [entry('*.wild.test', 'resolution: DYNAMIC_DNS')], ''],
    ['by none that is known by its addresses', [entry('*.wild.test', 'addresses: [198.51.100.0/24]')], ''],
    ['by none on another port', [wild], '', { target: { port: 8443 } }],
    ['by none over UDP', [policy(''), wild], '', { target: { protocol: 'UDP' } }],
    ['by none that is not exported to the client', [entry('*.wild.test', 'exportTo: [news]')], ''],
    [
      'by none that its Sidecar does not import',
      [wild, object('Sidecar', 'few', '{ egress: [{ hosts: ["./api.test"] }] }')],
      '',
    ],
    [
      'by none that a route leads elsewhere',
      [
        wild,
        other,
        route(
          'tls: [{ match: [{ port: 443, sniHosts: ["*.wild.test"] }], route: [{ destination: { host: other.test } }] }]',
        ),
      ],
      '',
    ],
    ['by none past a network policy', [wild, policy('{ to: [{ ipBlock: { cidr: 198.51.100.0/24 } }] }')], ''],
    [
      'as far as a network policy lets it',
      [wild, policy('{ to: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }')],
      '*.wild.test (SNI)',
    ],
    [
      'perhaps, where an EnvoyFilter may see to it',
      [wild, object('EnvoyFilter', 'patch', '{ configPatches: [{ applyTo: LISTENER }] }').replace('/v1', '/v1alpha3')],
      '*.wild.test (SNI) ?',
    ],
  ])('%s', (_, yaml, expected, one = {}) => {
    expect(claimed(yaml, one)).toBe(expected);
  });

  it('is another matter of a client that has said where it goes', () => {
    const target = { host: 'evil.test', address: undefined };
    expect(claimed([wild], { target })).toBe('');
  });

  it('leaves by itself where nothing stops it, and past its sidecar', () => {
    const { judge, judgeClaiming } = evaluateMesh(meshOf([wild]));
    const target: MeshTarget = { address: '203.0.113.9', port: 443, protocol: 'TCP' };
    expect(judge({ ...checkout, meshed: 'none' }, target).verdict).toBe('Accept');
    expect(judgeClaiming({ ...checkout, meshed: 'none' }, target)).toBeUndefined();
  });

  it('is known to a network policy by its address, whatever is claimed', () => {
    const names = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: { name: names, namespace: shop }
spec: { endpointSelector: {}, egress: [{ toFQDNs: [{ matchPattern: "*.wild.test" }] }] }`;
    const { judge, judgeClaiming } = evaluateMesh(meshOf([wild, names]));
    const named: MeshTarget = { host: 'a.wild.test', port: 443, protocol: 'TCP' };
    expect(judge(checkout, named)).toMatchObject({ verdict: 'Accept', certain: true });
    const address: MeshTarget = { address: '203.0.113.9', port: 443, protocol: 'TCP' };
    expect(judgeClaiming(checkout, address)).toMatchObject({ verdict: 'Accept', certain: false });
  });
});
