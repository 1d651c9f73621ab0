import { describe, expect, it } from 'vitest';
import type { MeshClient, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { checkMesh } from '../../src/verify/mesh/checks/check-mesh.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import { istioDefaults, type MeshConfig } from '../../src/verify/mesh/objects/config.ts';
import { readMesh } from '../../src/verify/mesh/objects/snapshot.ts';
import {
  behindGateway,
  checkout,
  mirror,
  objectsOf,
  plane,
  registryOnly,
  shopSidecar,
  stripe,
  to,
} from '../../src/verify/mesh/testing/fixtures.ts';

/*
 * One host that is permitted to one account through a gateway, and an object of somebody else beside it. Every verdict is
 * the one that istiod of 2026-08-27 and Envoy 1.40.0 gave in a mesh of network namespaces.
 */

const ours = [plane, shopSidecar, behindGateway(stripe), behindGateway({ ...mirror, operation: '' })];
const written = '2026-06-01T00:00:00Z';
const [older, younger] = ['2026-01-01T00:00:00Z', '2026-09-01T00:00:00Z'];

interface Case {
  readonly theirs: string;
  readonly age?: string;
  readonly only?: readonly string[];
  readonly client?: Partial<MeshClient>;
  readonly target?: MeshTarget;
  readonly config?: Partial<MeshConfig>;
  /** `verdict path`, with `?` when it is not known; `> host:port` when something else than was asked for leaves. */
  readonly expected: string;
}

function aged(yaml: readonly string[], creationTimestamp: string | undefined): readonly object[] {
  return objectsOf(...yaml).map((object) => {
    const { metadata } = object as { metadata: object };
    return { ...(object as object), metadata: { ...metadata, ...(creationTimestamp && { creationTimestamp }) } };
  });
}

function judged({ theirs, age = older, only = ours, client, target = to('api.stripe.test'), config }: Case): string {
  const mesh = readMesh([...aged(only, written), ...aged([theirs], age)], { ...registryOnly, ...config });
  const { verdict, certain, path, outside } = evaluateMesh(mesh).judge({ ...checkout, ...client }, target);
  const asked = [target.host ?? '', target.port].join(':');
  const left = [outside.host || outside.address, outside.port].join(':');
  const isElsewhere = verdict === 'Accept' && target.host !== undefined && left !== asked;
  return `${verdict} ${path}${certain ? '' : ' ?'}${isElsewhere ? ` > ${left}` : ''}`;
}

function object(kind: string, namespace: string, spec: string, group = 'networking.istio.io/v1'): string {
  return `apiVersion: ${group}\nkind: ${kind}\nmetadata: { name: theirs, namespace: ${namespace} }\nspec: ${spec}`;
}

const tls = '{ number: 443, name: tls, protocol: TLS }';
const plain = object(
  'Gateway',
  'news',
  '{ selector: { gateway: shared }, servers: [{ port: { number: 443, name: tcp, protocol: TCP }, hosts: ["*"] }] }',
);
const bare = object(
  'Gateway',
  'news',
  `{ selector: { gateway: shared }, servers: [{ port: ${tls}, hosts: [api.stripe.test], tls: { mode: PASSTHROUGH } }] }`,
);
const bareRoute = object(
  'VirtualService',
  'news',
  '{ hosts: [api.stripe.test], gateways: [theirs], tls: [{ match: [{ port: 443, sniHosts: [api.stripe.test] }], route: [{ destination: { host: api.stripe.test } }] }] }',
);
const open = object('Sidecar', 'shop', '{ outboundTrafficPolicy: { mode: ALLOW_ANY } }');
const entry = (namespace: string, host: string, rest: string): string =>
  object('ServiceEntry', namespace, `{ hosts: [${host}], location: MESH_EXTERNAL, ports: [${tls}], ${rest} }`);
const pinned = 'resolution: STATIC, endpoints: [{ address: 203.0.113.99 }]';
const elsewhere = entry('istio-egress', 'nowhere.test', 'resolution: DNS');
const diverting = (exportTo: string): string =>
  `${object('VirtualService', 'istio-egress', `{ hosts: [api.stripe.test], exportTo: ${exportTo}, tls: [{ match: [{ port: 443, sniHosts: [api.stripe.test] }], route: [{ destination: { host: nowhere.test } }] }] }`)}\n---\n${elsewhere}`;
const workload = object('WorkloadEntry', 'istio-egress', '{ address: 203.0.113.66, labels: { gateway: shared } }');
const originating = object(
  'DestinationRule',
  'istio-egress',
  '{ host: api.stripe.test, trafficPolicy: { tls: { mode: SIMPLE } } }',
);
const behindService = `apiVersion: v1
kind: Service
metadata: { name: sneaky, namespace: shop }
spec: { ports: [{ name: tcp, port: 9000 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: sneaky-1, namespace: shop, labels: { kubernetes.io/service-name: sneaky } }
ports: [{ name: tcp, port: 9001, protocol: TCP }]
endpoints: [{ addresses: [203.0.113.50] }]`;
const wild = object(
  'ServiceEntry',
  'istio-egress',
  '{ hosts: ["*.wild.test"], location: MESH_EXTERNAL, resolution: DYNAMIC_DNS, ports: [{ number: 80, name: http, protocol: HTTP }] }',
);

const evil = to('evil.test');
const other = { serviceAccount: 'other' };

const cases: Readonly<Record<string, Case>> = {
  'an older plain server on our port leaves ours out': { theirs: plain, expected: 'Deny gateway' },
  'a younger one is left out itself': { theirs: plain, age: younger, expected: 'Accept gateway' },
  'of one without an age nobody knows': { theirs: plain, age: '', expected: 'Deny gateway' },
  'our host without its namespace, on a server with a route: the listener is refused': {
    theirs: `${bare}\n---\n${bareRoute}`,
    age: younger,
    expected: 'Deny gateway',
  },
  'and without a route that server is not there': { theirs: bare, expected: 'Accept gateway' },
  'TLS around the TLS of the application reaches nobody': { theirs: originating, expected: 'Deny gateway' },
  'TLS of the mesh reaches nobody outside of it': {
    theirs: originating.replace('SIMPLE', 'ISTIO_MUTUAL'),
    expected: 'Deny gateway',
  },
  'a DestinationRule in a namespace that is not concerned does nothing': {
    theirs: originating.replace('istio-egress', 'news'),
    expected: 'Accept gateway',
  },
  'nor does one in its namespace that is shown to others only': {
    theirs: originating.replace('host:', 'exportTo: [shop], host:'),
    expected: 'Accept gateway',
  },
  'a WorkloadEntry with the labels of the gateway takes a share': { theirs: workload, expected: 'Accept gateway ?' },
  'the older of two Sidecars counts: open': { theirs: open, target: evil, expected: 'Accept direct' },
  'the older of two Sidecars counts: closed': { theirs: open, age: younger, target: evil, expected: 'Deny none' },
  'a Sidecar with an empty outboundTrafficPolicy is closed, whatever the mesh says': {
    theirs: object('Sidecar', 'shop', '{ outboundTrafficPolicy: {} }'),
    only: [plane],
    target: evil,
    config: { outboundTrafficPolicy: 'ALLOW_ANY' },
    expected: 'Deny none',
  },
  'a ServiceEntry for our host in the namespace of the gateway shares its endpoints with ours': {
    theirs: entry('istio-egress', 'api.stripe.test', pinned),
    expected: 'Accept gateway > 203.0.113.99:443',
  },
  'also a younger one': {
    theirs: entry('istio-egress', 'api.stripe.test', pinned),
    age: younger,
    expected: 'Accept gateway > 203.0.113.99:443',
  },
  'an older ServiceEntry for our host takes no port from a gateway that it has not': {
    theirs: entry('istio-egress', 'api.stripe.test', 'resolution: DNS').replace('number: 443', 'number: 8443'),
    expected: 'Accept gateway',
  },
  'but one that is shown to as few does': {
    theirs: entry('istio-egress', 'api.stripe.test', "exportTo: ['.'], resolution: DNS").replace(
      'number: 443',
      'number: 8443',
    ),
    expected: 'Deny gateway',
  },
  'endpoints of another port of our host are none of ours': {
    theirs: entry('istio-egress', 'api.stripe.test', 'resolution: DNS, endpoints: [{ address: pinned.test }]').replace(
      'number: 443',
      'number: 8443',
    ),
    expected: 'Accept gateway',
  },
  'a sidecar that knows another entry for our host goes to the gateway by our route': {
    theirs: entry('istio-egress', 'api.stripe.test', 'exportTo: [shop], resolution: DNS').replace(
      'number: 443',
      'number: 80',
    ),
    expected: 'Accept gateway',
  },
  'endpoints of a host that is resolved may be other names, on other ports': {
    theirs: entry(
      'istio-egress',
      'pinned.test',
      'resolution: DNS, endpoints: [{ address: other.test, ports: { tls: 8443 } }]',
    ),
    target: to('pinned.test'),
    expected: 'Accept direct > other.test:8443',
  },
  'an older route for all comes after one that names the namespace': {
    theirs: diverting('["*"]'),
    expected: 'Accept gateway',
  },
  'an older route that names the namespace comes first': {
    theirs: diverting('[shop]'),
    expected: 'Accept direct > nowhere.test:443',
  },
  'a younger route that names the namespace comes after ours': {
    theirs: diverting('[shop]'),
    age: younger,
    expected: 'Accept gateway',
  },
  'an address behind a Service is reached through it': {
    theirs: behindService,
    target: { address: '203.0.113.50', port: 9001, protocol: 'TCP' },
    expected: 'Accept direct',
  },
  'the API server is behind a Service, too, and is no way out': {
    theirs: behindService.replaceAll('sneaky', 'kubernetes').replaceAll('namespace: shop', 'namespace: default'),
    target: { address: '203.0.113.50', port: 9001, protocol: 'TCP' },
    expected: 'Deny none',
  },
  'and on no other port': {
    theirs: behindService,
    target: { address: '203.0.113.50', port: 9000, protocol: 'TCP' },
    expected: 'Deny none',
  },
  'a host in two letter cases costs a sidecar that sees both all of the port': {
    theirs: entry('istio-egress', 'API.stripe.test', 'resolution: DNS'),
    expected: 'Deny none',
  },
  'and opens it where anything goes': {
    theirs: entry('istio-egress', 'API.stripe.test', 'resolution: DNS'),
    only: [plane, behindGateway(stripe)],
    client: other,
    config: istioDefaults,
    expected: 'Accept direct',
  },
  'HTTP to a wildcard that a sidecar resolves leads to every port below it': {
    theirs: wild,
    target: to('a.wild.test', 8443),
    expected: 'Accept direct',
  },
  'and to no other host': { theirs: wild, target: to('wild.test', 8443), expected: 'Deny none' },
};

describe('objects of others', () => {
  it.each(Object.entries(cases))('%s', (_, one) => {
    expect(judged(one)).toBe(one.expected);
  });
});

describe('what lint says of them', () => {
  it.each([
    ['S31', entry('istio-egress', 'API.stripe.test', 'resolution: DNS'), 'ServiceEntry/istio-egress/theirs'],
    ['S32', workload, 'WorkloadEntry/istio-egress/theirs'],
    ['S32', behindService, 'EndpointSlice/shop/sneaky-1'],
  ])('%s names the object', (id, theirs, subject) => {
    const mesh = readMesh([...aged(ours, written), ...aged([theirs], older)], registryOnly);
    const found = checkMesh(mesh).filter((finding) => finding.id === id);
    expect(found.map((finding) => finding.subject)).toEqual([subject]);
  });
});
