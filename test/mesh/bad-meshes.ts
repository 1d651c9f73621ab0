import { wholeMesh } from '../../src/verify/mesh/testing/fixtures.ts';
import {
  atWaypoint,
  bound,
  entry,
  gateways,
  object,
  plus,
  rule,
  someone,
  tcpPort,
  tlsPort,
  virtual,
  waypoint,
  waypointDeny,
  wild,
  with_,
} from './mesh-objects.ts';

/** What is wrong, how the mesh is then, and on which object and field it is found. */
export const badMeshes: readonly (readonly [id: string, what: string, yaml: readonly string[], found: string])[] = [
  ['S01', 'an object that cannot be read', plus(entry('hosts: 3')), 'ServiceEntry/istio-egress/x '],
  [
    'S02',
    'a Gateway name with a dot',
    plus(object('Gateway', 'a.b', 'selector: { none: x }')),
    'Gateway/istio-egress/a.b metadata.name',
  ],
  [
    'S02',
    'a subset name with an underscore',
    with_('- name: api-stripe-test', '- name: api_stripe'),
    'DestinationRule/istio-egress/api-stripe-test spec.subsets[0].name',
  ],
  [
    'S03',
    'no exportTo',
    with_(/exportTo: \["\*"\]\n/, '\n'),
    'DestinationRule/istio-egress/api-stripe-test spec.exportTo',
  ],
  [
    'S03',
    'a star among others',
    with_('exportTo: [".","shop"]', 'exportTo: ["*", "shop"]'),
    'VirtualService/istio-egress/api-stripe-test spec.exportTo',
  ],
  [
    'S04',
    'DNS for a wildcard',
    plus(entry(`hosts: ["*.x.test"], resolution: DNS, ${tlsPort}`)),
    'ServiceEntry/istio-egress/x spec.hosts',
  ],
  [
    'S04',
    'DNS for a network',
    plus(entry(`hosts: [x.test], addresses: [198.51.100.0/24], resolution: DNS, ${tlsPort}`)),
    'ServiceEntry/istio-egress/x spec.addresses',
  ],
  [
    'S04',
    'STATIC without endpoints',
    plus(entry(`hosts: [x.test], resolution: STATIC, ${tlsPort}`)),
    'ServiceEntry/istio-egress/x spec.endpoints',
  ],
  [
    'S04',
    'DYNAMIC_DNS for an exact host',
    plus(entry(`hosts: [x.test], resolution: DYNAMIC_DNS, ${tlsPort}`)),
    'ServiceEntry/istio-egress/x spec.hosts',
  ],
  [
    'S04',
    'a port twice',
    plus(
      entry(
        'hosts: [x.test], resolution: DNS, ports: [{ number: 443, name: a, protocol: TLS }, { number: 443, name: b, protocol: TLS }]',
      ),
    ),
    'ServiceEntry/istio-egress/x spec.ports',
  ],
  [
    'S05',
    'TCP without addresses',
    plus(entry(`hosts: [x.test], resolution: DNS, ${tcpPort}`)),
    'ServiceEntry/istio-egress/x spec.addresses',
  ],
  [
    'S05',
    'TCP with two hosts',
    plus(entry(`hosts: [x.test, y.test], addresses: [203.0.113.5], resolution: DNS, ${tcpPort}`)),
    'ServiceEntry/istio-egress/x spec.hosts',
  ],
  [
    'S06',
    'an SNI of another host',
    with_('sniHosts: ["api', 'sniHosts: ["app'),
    'VirtualService/istio-egress/api-stripe-test spec.tls',
  ],
  ['S06', 'no route', plus(bound('http: []')), 'VirtualService/istio-egress/x spec'],
  [
    'S07',
    'a Gateway that is not there',
    with_('gateways: [mesh, istio-egress/api-stripe-test]', 'gateways: [mesh, istio-egress/lost]'),
    'VirtualService/istio-egress/api-stripe-test spec.gateways',
  ],
  [
    'S08',
    'a destination that nobody knows',
    plus(bound('tcp: [{ match: [{ port: 9 }], route: [{ destination: { host: lost.test } }] }]')),
    'VirtualService/istio-egress/x spec.tcp[0]',
  ],
  [
    'S08',
    'a destination that the gateway cannot see',
    with_(/(kind: ServiceEntry\nmetadata: { name: api[\s\S]*?exportTo: )\[".","shop"\]/, '$1["shop"]'),
    'VirtualService/istio-egress/api-stripe-test spec.tcp[0]',
  ],
  [
    'S09',
    'a subset that is not there',
    with_('subset: api-stripe-test', 'subset: lost'),
    'VirtualService/istio-egress/api-stripe-test spec.tls[0]',
  ],
  [
    'S09',
    'a subset without TLS',
    with_('tls: { mode: ISTIO_MUTUAL, sni: api.stripe.test }', 'tls: { mode: DISABLE }'),
    'VirtualService/istio-egress/api-stripe-test spec.tls[0]',
  ],
  [
    'S10',
    'TLS without a mode',
    with_(/(hosts: \["istio-egress\/api.stripe.test"\])\n *tls: .*/, '$1'),
    'Gateway/istio-egress/api-stripe-test spec.servers[0].tls',
  ],
  [
    'S10',
    'ISTIO_MUTUAL with a credential',
    with_('tls: { mode: ISTIO_MUTUAL }', 'tls: { mode: ISTIO_MUTUAL, credentialName: x }'),
    'Gateway/istio-egress/api-stripe-test spec.servers[0].tls',
  ],
  [
    'S11',
    'one host on two servers',
    plus(
      object(
        'Gateway',
        'x',
        'selector: { gateway: shared }, servers: [{ port: { number: 443, name: x, protocol: TLS }, hosts: [istio-egress/api.stripe.test], tls: { mode: ISTIO_MUTUAL } }]',
      ),
    ),
    'Gateway/istio-egress/x spec.servers',
  ],
  [
    'S11',
    'one host in two spellings',
    plus(
      object(
        'Gateway',
        'x',
        'selector: { gateway: shared }, servers: [{ port: { number: 443, name: x, protocol: TLS }, hosts: [api.stripe.test], tls: { mode: ISTIO_MUTUAL } }]',
      ),
    ),
    'Gateway/istio-egress/x spec.servers',
  ],
  [
    'S11',
    'a port that the Service does not expose',
    plus(
      object(
        'Gateway',
        'x',
        'selector: { gateway: shared }, servers: [{ port: { number: 9, name: x, protocol: TLS }, hosts: [istio-egress/x.test], tls: { mode: ISTIO_MUTUAL } }]',
      ),
    ),
    'Gateway/istio-egress/x spec.servers',
  ],
  [
    'S12',
    'two VirtualServices for one server',
    plus(
      virtual(
        `hosts: [api.stripe.test], gateways: ${gateways}, tcp: [{ match: [{ port: 443 }], route: [{ destination: { host: db.example.test, port: { number: 5432 } } }] }]`,
      ),
    ),
    'Gateway/istio-egress/api-stripe-test spec.servers',
  ],
  [
    'S12',
    'no route for a server',
    with_(/tcp:\n *- match: \[{ gateways: \[istio-egress\/api[\s\S]*?\n---/, '\n---'),
    'Gateway/istio-egress/api-stripe-test spec.servers',
  ],
  [
    'S13',
    'an sni that no server has',
    with_('sni: api.stripe.test', 'sni: app.stripe.test'),
    'DestinationRule/istio-egress/api-stripe-test spec.subsets[0]',
  ],
  [
    'S14',
    'a gateway sent to resolution NONE',
    with_('resolution: DNS', 'resolution: NONE'),
    'VirtualService/istio-egress/api-stripe-test spec.tcp[0]',
  ],
  [
    'S15',
    'upstream TLS that sidecars see',
    with_('exportTo: ["."]\n  trafficPolicy', 'exportTo: ["*"]\n  trafficPolicy'),
    'DestinationRule/istio-egress/payments-example-test-up spec.exportTo',
  ],
  [
    'S15',
    'upstream TLS around TLS',
    plus(
      object(
        'DestinationRule',
        'x',
        'host: api.stripe.test, exportTo: ["."], trafficPolicy: { tls: { mode: SIMPLE } }',
      ),
    ),
    'DestinationRule/istio-egress/x spec.trafficPolicy',
  ],
  [
    'S16',
    'no selector',
    plus(object('AuthorizationPolicy', 'x', `rules: [{ ${someone} }]`)),
    'AuthorizationPolicy/istio-egress/x spec.selector',
  ],
  [
    'S15',
    'upstream TLS for another name',
    with_('sni: payments.example.test, subjectAltNames', 'sni: pay.example.test, subjectAltNames'),
    'DestinationRule/istio-egress/payments-example-test-up spec.trafficPolicy',
  ],
  [
    'S15',
    'HTTP through the port of TLS, in the clear',
    with_('tls: { mode: SIMPLE', 'tls: { mode: DISABLE'),
    'ServiceEntry/istio-egress/payments-example-test spec.ports',
  ],
  [
    'S16',
    'an ALLOW rule about every destination',
    plus(object('AuthorizationPolicy', 'x', `${rule}: [{ ${someone} }]`)),
    'AuthorizationPolicy/istio-egress/x spec.rules[0]',
  ],
  [
    'S11',
    'a server for every host',
    with_('hosts: ["istio-egress/api.stripe.test"]', 'hosts: ["istio-egress/*"]'),
    'Gateway/istio-egress/api-stripe-test spec.servers',
  ],
  [
    'S24',
    'a gateway that may reach private addresses',
    with_(', 169.254.0.0/16]', ']'),
    'Service/istio-egress/egress ',
  ],
  [
    'S16',
    'an empty rule',
    plus(object('AuthorizationPolicy', 'x', `${rule}: [{}]`)),
    'AuthorizationPolicy/istio-egress/x spec.rules[0]',
  ],
  [
    'S16',
    'the root namespace',
    plus(object('AuthorizationPolicy', 'x', `${rule}: [{ ${someone} }]`).replace('istio-egress', 'istio-system')),
    'AuthorizationPolicy/istio-system/x metadata.namespace',
  ],
  [
    'S16',
    'DENY without SNI',
    plus(object('AuthorizationPolicy', 'x', `action: DENY, ${rule}: [{ ${someone} }]`)),
    'AuthorizationPolicy/istio-egress/x spec.rules[0]',
  ],
  [
    'S16',
    'a port of the Service',
    plus(object('AuthorizationPolicy', 'x', `${rule}: [{ ${someone}, to: [{ operation: { ports: ["8443"] } }] }]`)),
    'AuthorizationPolicy/istio-egress/x spec.rules[0]',
  ],
  [
    'S16',
    'methods on a chain of TCP',
    plus(
      object(
        'AuthorizationPolicy',
        'x',
        `${rule}: [{ ${someone}, to: [{ operation: { methods: [GET] } }], when: [{ key: connection.sni, values: [api.stripe.test] }] }]`,
      ),
    ),
    'AuthorizationPolicy/istio-egress/x spec.rules[0]',
  ],
  [
    'S16',
    'another trust domain',
    with_('cluster.local/ns', 'corp.test/ns'),
    'AuthorizationPolicy/istio-egress/api-stripe-test spec.rules[0]',
  ],
  [
    'S17',
    'no default deny',
    with_(
      /---\napiVersion: security.istio.io\/v1\nkind: AuthorizationPolicy\nmetadata: { name: default-deny[\s\S]*$/,
      '',
    ),
    'Service/istio-egress/egress ',
  ],
  [
    'S17',
    'a rule without sources',
    plus(object('AuthorizationPolicy', 'x', `${rule}: [{ when: [{ key: connection.sni, values: [a.test] }] }]`)),
    'AuthorizationPolicy/istio-egress/x spec.rules[0].from',
  ],
  [
    'S17',
    'a waypoint without default deny',
    plus(waypoint, entry(`hosts: [z.test], resolution: DNS, ${tlsPort}`, 'z', atWaypoint)),
    'Gateway/istio-egress/wp ',
  ],
  [
    'S18',
    'a port without a route',
    with_(', targetPort: 443 }', ', targetPort: 443 }, { number: 443, name: tls, protocol: TLS }'),
    'ServiceEntry/istio-egress/payments-example-test spec.ports',
  ],
  [
    'S19',
    'a route by source labels',
    with_('sniHosts', 'sourceLabels: { a: b }, sniHosts'),
    'VirtualService/istio-egress/api-stripe-test spec.tls[0]',
  ],
  [
    'S20',
    'two ServiceEntries for one host',
    plus(entry(`hosts: [api.stripe.test], resolution: DNS, ${tlsPort}`)),
    'ServiceEntry/istio-egress/x spec.hosts',
  ],
  [
    'S21',
    'a Sidecar that lets everything out',
    with_('outboundTrafficPolicy: { mode: REGISTRY_ONLY }', 'outboundTrafficPolicy: { mode: ALLOW_ANY }'),
    'Sidecar/shop/default spec.outboundTrafficPolicy',
  ],
  [
    'S21',
    'two Sidecars for one namespace',
    plus(
      object('Sidecar', 'x', 'outboundTrafficPolicy: { mode: REGISTRY_ONLY }, egress: [{ hosts: ["./*"] }]').replace(
        'istio-egress',
        'shop',
      ),
    ),
    'Sidecar/shop/default spec.workloadSelector',
  ],
  [
    'S21',
    'a catch-all before another listener',
    plus(
      object(
        'Sidecar',
        'x',
        'outboundTrafficPolicy: { mode: REGISTRY_ONLY }, egress: [{ hosts: ["./*"] }, { port: { number: 9 }, hosts: ["./*"] }]',
      ),
    ),
    'Sidecar/istio-egress/x spec.egress[0]',
  ],
  [
    'S22',
    'a TLS wildcard without a guard',
    plus(
      waypoint,
      waypointDeny,
      wild,
      object(
        'AuthorizationPolicy',
        'wild',
        `targetRefs: [{ kind: ServiceEntry, name: wild }], rules: [{ ${someone} }]`,
      ),
    ),
    'AuthorizationPolicy/istio-egress/wild spec.rules[0].when',
  ],
  [
    'S23',
    'a waypoint that is not there',
    plus(entry(`hosts: [z.test], resolution: DNS, ${tlsPort}`, 'z', atWaypoint)),
    'ServiceEntry/istio-egress/z metadata.labels',
  ],
  [
    'S23',
    'a policy for a ServiceEntry that is not there',
    plus(
      object('AuthorizationPolicy', 'x', `targetRefs: [{ kind: ServiceEntry, name: lost }], rules: [{ ${someone} }]`),
    ),
    'AuthorizationPolicy/istio-egress/x spec.targetRefs',
  ],
  ['S24', 'no network policies', wholeMesh, 'Namespace/shop '],
  [
    'S24',
    'clients kept from a port of the gateway',
    with_('{ port: 443 }, { port: 5432 }', '{ port: 5432 }'),
    'Namespace/shop ',
  ],
  ['S24', 'a gateway kept in the cluster', with_(/ {2}- to: \[{ ipBlock: .*\n/, ''), 'Service/istio-egress/egress '],
];
