/*
 * Objects that the schemas of their kinds let through. Of each the field that istiod refuses it for; `''`: it takes it.
 */

type Kind = 'ServiceEntry' | 'WorkloadEntry' | 'VirtualService' | 'DestinationRule' | 'Gateway' | 'Sidecar';
type Spec = Readonly<Record<string, unknown>>;

export interface JudgedObject {
  readonly object: { readonly kind: string; readonly metadata: { readonly name: string; readonly namespace: string } };
  readonly refused: string;
}

const tls = { number: 443, name: 'tls', protocol: 'TLS' };
const tcp = { number: 5432, name: 'tcp', protocol: 'TCP' };
const destination = { destination: { host: 'api.test', port: { number: 443 } } };
const secure = { number: 443, name: 'tls', protocol: 'TLS' };
const server = { port: secure, hosts: ['*'], tls: { mode: 'PASSTHROUGH' } };

const sound: Readonly<Record<Kind, Spec>> = {
  ServiceEntry: { hosts: ['api.test'], location: 'MESH_EXTERNAL', resolution: 'DNS', ports: [tls] },
  WorkloadEntry: { address: '203.0.113.9' },
  VirtualService: { hosts: ['api.test'], tls: [{ match: [{ sniHosts: ['api.test'] }], route: [destination] }] },
  DestinationRule: { host: 'api.test', trafficPolicy: { tls: { mode: 'DISABLE' } } },
  Gateway: { selector: { gateway: 'shared' }, servers: [server] },
  Sidecar: { egress: [{ hosts: ['./*'] }] },
};

/** Kind, what is said instead, and the field that it is refused for. */
const changes: readonly (readonly [Kind, Spec, string])[] = [
  ['ServiceEntry', {}, ''],
  ['ServiceEntry', { hosts: ['Api.Test'] }, ''],
  ['ServiceEntry', { hosts: ['*'] }, 'spec.hosts'],
  ['ServiceEntry', { hosts: ['under_score.test'] }, 'spec.hosts'],
  ['ServiceEntry', { hosts: ['a.*.test'] }, 'spec.hosts'],
  ['ServiceEntry', { hosts: ['*.test'] }, 'spec.hosts'],
  ['ServiceEntry', { hosts: ['*.test'], endpoints: [{ address: 'api.test' }] }, ''],
  ['ServiceEntry', { hosts: ['*.test'], resolution: 'NONE' }, ''],
  ['ServiceEntry', { hosts: ['*.test'], resolution: 'DYNAMIC_DNS' }, ''],
  ['ServiceEntry', { resolution: 'DYNAMIC_DNS' }, 'spec.hosts'],
  ['ServiceEntry', { hosts: ['*.test'], resolution: 'DYNAMIC_DNS', addresses: ['203.0.113.9'] }, 'spec.addresses'],
  ['ServiceEntry', { hosts: ['*.test'], resolution: 'DYNAMIC_DNS', ports: [tcp] }, 'spec.ports'],
  ['ServiceEntry', { addresses: ['203.0.113.0/24'] }, 'spec.addresses'],
  ['ServiceEntry', { addresses: ['203.0.113.0/24'], resolution: 'NONE' }, ''],
  ['ServiceEntry', { addresses: ['203.0.113.300'], resolution: 'NONE' }, 'spec.addresses'],
  ['ServiceEntry', { endpoints: [{ address: '203.0.113.9' }], resolution: 'NONE' }, 'spec.endpoints'],
  ['ServiceEntry', { resolution: 'STATIC' }, ''],
  ['ServiceEntry', { endpoints: [{ address: 'other.test' }], resolution: 'STATIC' }, 'spec.endpoints'],
  ['ServiceEntry', { endpoints: [{ address: '203.0.113.9', ports: { http: 80 } }] }, 'spec.endpoints'],
  ['ServiceEntry', { endpoints: [{ address: '203.0.113.9', ports: { tls: 8443 } }] }, ''],
  [
    'ServiceEntry',
    { endpoints: [{ address: '203.0.113.9' }, { address: '203.0.113.8' }], resolution: 'DNS_ROUND_ROBIN' },
    'spec.endpoints',
  ],
  [
    'ServiceEntry',
    { workloadSelector: { labels: { a: 'b' } }, endpoints: [{ address: '203.0.113.9' }] },
    'spec.endpoints',
  ],
  ['ServiceEntry', { ports: [tls, { ...tls, name: 'again' }] }, 'spec.ports'],
  ['ServiceEntry', { ports: [tls, { ...tls, number: 8443 }] }, 'spec.ports'],
  ['ServiceEntry', { ports: [{ ...tls, name: 'not_a_label' }] }, 'spec.ports'],
  ['ServiceEntry', { ports: [{ ...tls, name: 'TLS' }] }, ''],
  ['ServiceEntry', { ports: [{ ...tls, protocol: 'QUIC' }] }, 'spec.ports'],
  ['ServiceEntry', { ports: [{ ...tls, protocol: 'tls' }] }, ''],
  ['ServiceEntry', { hosts: ['api.test', 'other.test'], ports: [tcp] }, 'spec.hosts'],
  ['ServiceEntry', { hosts: ['api.test', 'other.test'] }, ''],
  ['ServiceEntry', { exportTo: ['.', 'theirs'] }, 'spec.exportTo'],
  ['ServiceEntry', { exportTo: ['*', 'shop'] }, 'spec.exportTo'],
  ['ServiceEntry', { exportTo: ['~'] }, ''],
  ['ServiceEntry', { exportTo: ['~', 'shop'] }, 'spec.exportTo'],
  ['ServiceEntry', { exportTo: ['not_a_namespace'] }, 'spec.exportTo'],
  ['WorkloadEntry', {}, ''],
  ['WorkloadEntry', { address: '' }, 'spec.address'],
  ['WorkloadEntry', { address: '', network: 'other' }, ''],
  ['WorkloadEntry', { address: 'api.test' }, ''],
  ['WorkloadEntry', { address: '*.test' }, 'spec.address'],
  ['WorkloadEntry', { address: 'unix:///run/a.sock', ports: { tls: 443 } }, 'spec.ports'],
  ['VirtualService', {}, ''],
  ['VirtualService', { hosts: [] }, 'spec.hosts'],
  ['VirtualService', { hosts: ['*'] }, 'spec.hosts'],
  ['VirtualService', { hosts: ['*'], gateways: ['theirs/gate'] }, ''],
  ['VirtualService', { hosts: ['*.test', 'api.test'] }, 'spec.hosts'],
  ['VirtualService', { tls: [] }, 'spec'],
  ['VirtualService', { exportTo: ['~'] }, 'spec.exportTo'],
  ['VirtualService', { tls: [{ route: [destination] }] }, 'spec.tls[0]'],
  ['VirtualService', { tls: [{ match: [{ port: 443 }], route: [destination] }] }, 'spec.tls[0]'],
  ['VirtualService', { tls: [{ match: [{ sniHosts: ['other.test'] }], route: [destination] }] }, 'spec.tls[0]'],
  ['VirtualService', { tls: [{ match: [{ sniHosts: ['api.test'] }], route: [] }] }, 'spec.tls[0]'],
  ['VirtualService', { tls: [], tcp: [{ route: [destination, destination] }] }, 'spec.tcp[0]'],
  ['VirtualService', { tls: [], tcp: [{ route: [{ ...destination, weight: 1 }, destination] }] }, ''],
  ['VirtualService', { tls: [], http: [{ route: [{ destination: { host: '*' } }] }] }, 'spec.http[0]'],
  ['VirtualService', { tls: [], http: [{ match: [{ port: 80 }] }] }, 'spec.http[0]'],
  ['VirtualService', { tls: [], http: [{ redirect: { uri: '/' }, route: [destination] }] }, 'spec.http[0]'],
  ['DestinationRule', {}, ''],
  ['DestinationRule', { host: '*.test' }, ''],
  ['DestinationRule', { host: 'a.*.test' }, 'spec.host'],
  ['DestinationRule', { subsets: [{ name: 'a' }, { name: 'a' }] }, 'spec.subsets'],
  ['DestinationRule', { subsets: [{ name: 'a_b' }] }, 'spec.subsets'],
  ['DestinationRule', { exportTo: ['~'] }, 'spec.exportTo'],
  ['DestinationRule', { workloadSelector: { matchLabels: { a: 'b' } }, exportTo: ['shop'] }, 'spec.exportTo'],
  ['DestinationRule', { workloadSelector: { matchLabels: { a: 'b' } }, exportTo: ['.'] }, ''],
  ['Gateway', {}, ''],
  ['Gateway', { servers: [] }, 'spec.servers'],
  ['Gateway', { servers: [server, server] }, 'spec.servers'],
  ['Gateway', { servers: [{ ...server, hosts: [] }] }, 'spec.servers[0]'],
  ['Gateway', { servers: [{ ...server, hosts: ['./api.test', 'shop/*'] }] }, ''],
  ['Gateway', { servers: [{ ...server, hosts: ['/api.test'] }] }, 'spec.servers[0]'],
  ['Gateway', { servers: [{ ...server, hosts: ['not_a_namespace/api.test'] }] }, 'spec.servers[0]'],
  ['Gateway', { servers: [{ port: secure, hosts: ['*'] }] }, 'spec.servers[0]'],
  ['Gateway', { servers: [{ ...server, port: { ...secure, protocol: 'TCP' } }] }, 'spec.servers[0]'],
  ['Gateway', { servers: [{ ...server, port: { ...secure, protocol: 'HTTP' }, tls: { httpsRedirect: true } }] }, ''],
  [
    'Gateway',
    { servers: [{ ...server, port: { ...secure, protocol: 'HTTP' }, tls: { mode: 'SIMPLE', credentialName: 'a' } }] },
    'spec.servers[0]',
  ],
  ['Gateway', { servers: [{ ...server, port: { ...secure, protocol: 'QUIC' } }] }, 'spec.servers[0].port'],
  ['Gateway', { servers: [{ ...server, port: { number: 443, protocol: 'TLS' } }] }, 'spec.servers[0].port'],
  ['Gateway', { servers: [{ ...server, tls: { mode: 'SIMPLE' } }] }, 'spec.servers[0].tls'],
  ['Gateway', { servers: [{ ...server, tls: { mode: 'SIMPLE', credentialName: 'a' } }] }, ''],
  [
    'Gateway',
    { servers: [{ ...server, tls: { mode: 'MUTUAL', serverCertificate: '/a', privateKey: '/b' } }] },
    'spec.servers[0].tls',
  ],
  ['Gateway', { servers: [{ ...server, tls: { mode: 'ISTIO_MUTUAL' } }] }, ''],
  ['Gateway', { servers: [{ ...server, tls: { mode: 'ISTIO_MUTUAL', credentialName: 'a' } }] }, 'spec.servers[0].tls'],
  ['Sidecar', {}, ''],
  ['Sidecar', { egress: [] }, 'spec'],
  ['Sidecar', { egress: [], outboundTrafficPolicy: {} }, ''],
  ['Sidecar', { egress: [{ hosts: [] }] }, 'spec.egress'],
  ['Sidecar', { egress: [{ hosts: ['api.test'] }] }, 'spec.egress'],
  ['Sidecar', { egress: [{ hosts: ['~/*'] }] }, ''],
  ['Sidecar', { egress: [{ hosts: ['./*'] }, { hosts: ['shop/*'] }] }, 'spec.egress'],
  [
    'Sidecar',
    {
      egress: [
        { port: tls, hosts: ['./*'] },
        { port: tls, hosts: ['./*'] },
      ],
    },
    'spec.egress',
  ],
  [
    'Sidecar',
    { outboundTrafficPolicy: { egressProxy: { host: 'a.test', port: { number: 80 } } } },
    'spec.outboundTrafficPolicy',
  ],
];

/** What an AuthorizationPolicy says, and the field that it is refused for. */
const policies: readonly (readonly [Spec, string])[] = [
  [{}, ''],
  [{ rules: [{}] }, ''],
  [{ action: 'DENY' }, 'spec.rules'],
  [{ action: 'DENY', rules: [{}] }, ''],
  [{ action: 'CUSTOM', rules: [{}] }, 'spec.provider'],
  [{ action: 'CUSTOM', provider: { name: 'a' } }, 'spec.rules'],
  [{ provider: { name: 'a' }, rules: [{}] }, 'spec.provider'],
  [
    {
      selector: { matchLabels: { a: 'b' } },
      targetRefs: [{ kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'a' }],
    },
    'spec.selector',
  ],
  [{ rules: [{ from: [{ source: {} }] }] }, 'spec.rules[0].from'],
  [{ rules: [{ from: [{ source: { principals: [''] } }] }] }, 'spec.rules[0].from'],
  [{ rules: [{ from: [{ source: { ipBlocks: ['203.0.113.0/33'] } }] }] }, 'spec.rules[0].from'],
  [{ rules: [{ from: [{ source: { namespaces: ['a'], serviceAccounts: ['b/c'] } }] }] }, 'spec.rules[0].from'],
  [{ rules: [{ to: [{ operation: {} }] }] }, 'spec.rules[0].to'],
  [{ rules: [{ to: [{ operation: { ports: ['https'] } }] }] }, 'spec.rules[0].to'],
  [{ rules: [{ when: [{ key: 'connection.sni', values: ['api.test'] }] }] }, ''],
  [{ rules: [{ when: [{ key: 'connection.sni' }] }] }, 'spec.rules[0].when'],
];

function objectOf(kind: string, group: string, name: string, spec: Spec): JudgedObject['object'] & object {
  const metadata = { name, namespace: 'theirs', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { ...{ apiVersion: `${group}.istio.io/v1` }, kind, metadata, spec } as JudgedObject['object'];
}

export const judgedObjects: readonly JudgedObject[] = [
  ...changes.map(([kind, change, refused], at) => ({
    object: objectOf(kind, 'networking', `o-${at}`, { ...sound[kind], ...change }),
    refused,
  })),
  ...policies.map(([spec, refused], at) => ({
    object: objectOf('AuthorizationPolicy', 'security', `o-${at}`, spec),
    refused,
  })),
];
