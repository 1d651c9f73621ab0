import { describe, expect, it } from 'vitest';
import type { MeshClient, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import type { MeshConfig } from '../../src/verify/mesh/objects/config.ts';
import {
  behindGateway,
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
  mirror,
  payments,
} from '../../src/verify/mesh/testing/fixtures.ts';

/* Each is a way in which a mesh does not do what its objects seem to say. */

interface Trap {
  readonly yaml: readonly string[];
  readonly client?: Partial<MeshClient>;
  readonly target?: MeshTarget;
  readonly config?: Partial<MeshConfig>;
  /** `verdict path`, with `?` when it is not certain; `> host:port` when something else than was asked for leaves. */
  readonly expected: string;
}

function judged({ yaml, client, target = to('api.stripe.test'), config }: Trap): string {
  const { verdict, certain, path, outside } = evaluateMesh(meshOf(yaml, config)).judge(
    { ...checkout, ...client },
    target,
  );
  const redirected = verdict === 'Accept' && (outside.host !== (target.host ?? '') || outside.port !== target.port);
  return `${verdict} ${path}${certain ? '' : ' ?'}${redirected ? ` > ${outside.host}:${outside.port}` : ''}`;
}

const base = [plane, shopSidecar];
const parts = { dr: subset(stripe), gw: server(stripe), vs: routes(stripe), se: entry(stripe), ap: policy(stripe) };
const { dr, gw, vs, se, ap } = parts;
const all = [...base, dr, gw, vs, se, ap];
const other = { serviceAccount: 'other' };

const noDefaultDeny = plane.replace(/---\napiVersion: security[\s\S]*$/, '');
const labelled = vs.replace('sniHosts', 'sourceLabels: { egress: "true" }, sniHosts');
const labelledHttp = routes(mirror).replace('gateways: [mesh], port: 80', 'port: 80, sourceLabels: { egress: "true" }');
const unheard = labelledHttp.replace('port: 80, source', 'gateways: [mesh], port: 80, source');

const sidecarTraps: Readonly<Record<string, Trap>> = {
  'all is well': { yaml: all, expected: 'Accept gateway' },
  'without the ServiceEntry the name is unknown': { yaml: [...base, dr, gw, vs, ap], expected: 'Deny none' },
  'without the VirtualService the sidecar goes straight to the host': {
    yaml: [...base, dr, gw, se, ap],
    expected: 'Accept direct',
  },
  'without the subset there is no cluster': { yaml: [...base, gw, vs, se, ap], expected: 'Deny none' },
  'without its Gateway nothing says that the pods are one': {
    yaml: [...base, dr, vs, se, ap],
    expected: 'Accept gateway ?',
  },
  'a Gateway for other ports says so, and nothing listens on this one': {
    yaml: [...base, dr, gw.replace('number: 443', 'number: 8443'), vs, se, ap],
    expected: 'Deny gateway',
  },
  'without its policy the default denies': { yaml: [...base, dr, gw, vs, se], expected: 'Deny gateway' },
  'sourceLabels on a TLS route open a way around the gateway': {
    yaml: [...base, dr, gw, labelled, se, ap],
    expected: 'Accept direct',
  },
  'sourceLabels hold for pods that have them': {
    yaml: [...base, dr, gw, labelled, se, ap],
    client: { podLabels: { egress: 'true' } },
    expected: 'Accept gateway',
  },
  'sourceLabels on an HTTP route leave the host to the next VirtualService': {
    yaml: [...base, behindGateway(mirror), labelledHttp],
    target: to('mirror.example.test', 80),
    expected: 'Accept gateway',
  },
  'sourceLabels on the only HTTP route open a way around the gateway, too': {
    yaml: [...base, subset(mirror), server(mirror), labelledHttp, entry(mirror), policy(mirror)],
    target: to('mirror.example.test', 80),
    expected: 'Accept direct',
  },
  'sourceLabels of an HTTP match that says its gateways are not asked for': {
    yaml: [...base, subset(mirror), server(mirror), unheard, entry(mirror), policy(mirror)],
    target: to('mirror.example.test', 80),
    expected: 'Accept gateway',
  },
  'sourceLabels on the only HTTP route let it out where anything goes': {
    yaml: [plane, subset(mirror), server(mirror), labelledHttp, entry(mirror), policy(mirror)],
    target: to('mirror.example.test', 80),
    config: { outboundTrafficPolicy: 'ALLOW_ANY' },
    expected: 'Accept direct',
  },
  'a tls route for another name of a wildcard service takes the rest of it away': {
    yaml: [...base, dr, gw, vs, se.replace('api.stripe.test"', '*.stripe.test"'), ap],
    target: to('www.stripe.test'),
    expected: 'Deny none',
  },
  'of two VirtualServices for one host nobody knows which is older': {
    yaml: [
      ...all,
      vs
        .replace('name: api-stripe-test, namespace', 'name: second, namespace')
        .replace('subset: api-stripe-test', 'subset: none'),
    ],
    expected: 'Accept gateway ?',
  },
  'an extra port of the ServiceEntry is a hole': {
    yaml: [
      ...base,
      behindGateway(payments).replace(
        ', targetPort: 443 }',
        ', targetPort: 443 }, { number: 443, name: tls, protocol: TLS }',
      ),
    ],
    target: to('payments.example.test'),
    expected: 'Accept direct',
  },
  'an upstream DestinationRule that clients see makes TLS twice': {
    yaml: [
      ...base,
      entry({ ...stripe }),
      behindGateway({ ...payments, host: 'api.stripe.test', port: 443, originate: '*' })
        .split('---')
        .at(-1) ?? '',
    ],
    expected: 'Deny direct',
  },
  'a workload Sidecar inherits neither imports nor policy': {
    yaml: [...all, sidecar('own', 'checkout', '["./*"]', '')],
    config: { outboundTrafficPolicy: 'ALLOW_ANY' },
    expected: 'Accept direct',
  },
  'a workload Sidecar that does not import the host hides it': {
    yaml: [...all, sidecar('own', 'checkout', '["./*"]', 'outboundTrafficPolicy: { mode: REGISTRY_ONLY }')],
    expected: 'Deny none',
  },
  'of two Sidecars for one pod nobody knows which is older': {
    yaml: [...all, sidecar('a', 'checkout', '["*/*"]', ''), sidecar('b', 'checkout', '["./*"]', '')],
    expected: 'Accept gateway ?',
  },
  'a Sidecar without selector in the root namespace is for namespaces that have none': {
    yaml: [
      plane,
      dr,
      gw,
      vs,
      se,
      ap,
      shopSidecar.replace('namespace: shop', 'namespace: istio-system').replace('istio-egress/*', 'none/*'),
    ],
    expected: 'Deny none',
  },
  'ALLOW_ANY lets out what nobody registered': {
    yaml: [plane],
    config: { outboundTrafficPolicy: 'ALLOW_ANY' },
    target: to('evil.test'),
    expected: 'Accept direct',
  },
  'an HTTP VirtualService acts on port 80 for a host that nobody registered': {
    yaml: [...base, subset(mirror), server(mirror), routes(mirror), policy(mirror)],
    target: to('mirror.example.test', 80),
    expected: 'Deny gateway',
  },
  "the client's own ServiceEntry comes before the one of the egress namespace": {
    yaml: [...all, se.replace('namespace: istio-egress', 'namespace: shop').replace('number: 443', 'number: 8443')],
    expected: 'Deny none',
  },
  'a TCP ServiceEntry without addresses takes whatever goes to its port': {
    yaml: [...base, entry({ host: 'db.example.test', kind: 'tcp' })],
    target: to('evil.test', 5432),
    expected: 'Accept direct > db.example.test:5432',
  },
  'with DNS capture it takes only its own name': {
    yaml: [...base, entry({ host: 'db.example.test', kind: 'tcp' })],
    target: to('evil.test', 5432),
    config: { dnsCapture: true },
    expected: 'Deny none',
  },
  'a wildcard does not match its apex': {
    yaml: [...base, se.replace('"api.stripe.test"', '"*.stripe.test"').replace('DNS', 'DYNAMIC_DNS')],
    target: to('stripe.test'),
    expected: 'Deny none',
  },
  'a wildcard matches names at any depth': {
    yaml: [...base, se.replace('"api.stripe.test"', '"*.stripe.test"').replace('DNS', 'DYNAMIC_DNS')],
    target: to('a.b.stripe.test'),
    expected: 'Accept direct',
  },
  'upper case and a trailing dot are the same host': {
    yaml: [...base, dr, gw, ap, ...[vs, se].map((text) => text.replaceAll('"api.stripe.test"', '"API.stripe.test."'))],
    expected: 'Accept gateway',
  },
  'plain HTTP to a TLS port is not the service': {
    yaml: all,
    target: { ...to('api.stripe.test'), appProtocol: 'http' },
    expected: 'Deny none',
  },
};

function sidecar(name: string, app: string, hosts: string, extra: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${name}, namespace: shop }
spec:
  workloadSelector: { labels: { app: ${app} } }
  egress: [{ hosts: ${hosts} }]
  ${extra}`;
}

const tlsOutward = vs.replace('tcp:\n', '\n');
const second = { ...stripe, host: 'files.example.test' };
const sharedServer = gw.replace('istio-egress/api.stripe.test', '*');
const toShared = routes(second).replaceAll('istio-egress/files-example-test', 'istio-egress/api-stripe-test');

const gatewayTraps: Readonly<Record<string, Trap>> = {
  'without a default deny the last ALLOW policy gone opens the gateway': {
    yaml: [noDefaultDeny, shopSidecar, dr, gw, vs, se],
    client: other,
    expected: 'Accept gateway',
  },
  'an ALLOW policy in another namespace is not about the gateway': {
    yaml: [...base, dr, gw, vs, se, ap.replace('namespace: istio-egress', 'namespace: shop')],
    expected: 'Deny gateway',
  },
  'allow-nothing in the root namespace denies the whole mesh': {
    yaml: [noDefaultDeny, shopSidecar, dr, gw, vs, se, rootPolicy('')],
    expected: 'Deny gateway',
  },
  'an ALLOW in the root namespace opens every gateway': {
    yaml: [...all, rootPolicy('rules: [{}]')],
    client: other,
    expected: 'Accept gateway',
  },
  'an ALLOW policy without rules matches nothing': {
    yaml: [...base, dr, gw, vs, se, ap.replace(/rules:[\s\S]*$/, '')],
    expected: 'Deny gateway',
  },
  'an ALLOW policy with an empty rule matches everything': {
    yaml: [...base, dr, gw, vs, se, ap.replace(/rules:[\s\S]*$/, 'rules: [{}]')],
    client: other,
    expected: 'Accept gateway',
  },
  'a dry run decides nothing': {
    yaml: [
      ...base,
      dr,
      gw,
      vs,
      se,
      ap.replace('namespace: istio-egress }', 'namespace: istio-egress, annotations: { istio.io/dry-run: "true" } }'),
    ],
    expected: 'Deny gateway',
  },
  'DENY comes before ALLOW': {
    yaml: [...all, deny('to: [{ operation: { ports: ["443"] } }]')],
    expected: 'Deny gateway',
  },
  'what belongs to requests is dropped from a DENY rule on TCP, which then means more': {
    yaml: [...all, deny('to: [{ operation: { hosts: ["other.test"] } }]')],
    expected: 'Deny gateway',
  },
  'an ALLOW rule that asks for a method never matches TCP': {
    yaml: [...base, dr, gw, vs, se, ap.replace('ports: ["443"]', 'ports: ["443"], methods: [GET]')],
    expected: 'Deny gateway',
  },
  'a policy port is the port of the container': {
    yaml: all.map((text) =>
      text.replace('port: 443 }, { name: tls-5432', 'port: 443, targetPort: 8443 }, { name: tls-5432'),
    ),
    expected: 'Deny gateway',
  },
  'ipBlocks beside a principal must both hold': {
    yaml: [...base, dr, gw, vs, se, ap.replace('"principals"', '"ipBlocks":["10.9.0.0/16"],"principals"')],
    expected: 'Deny gateway',
  },
  'ipBlocks of a client without known addresses may hold': {
    yaml: [...base, dr, gw, vs, se, ap.replace('"principals"', '"ipBlocks":["10.9.0.0/16"],"principals"')],
    client: { addresses: undefined },
    expected: 'Accept gateway ?',
  },
  'an external authorizer may say anything': {
    yaml: [...all, deny('').replace('action: DENY', 'action: CUSTOM')],
    expected: 'Accept gateway ?',
  },
  'a principal of another trust domain is another identity': {
    yaml: all.map((text) => text.replaceAll('cluster.local/ns', 'other.test/ns')),
    config: { trustDomain: 'corp.test' },
    expected: 'Deny gateway',
  },
  'cluster.local stands for whatever the trust domain is': {
    yaml: all,
    config: { trustDomain: 'corp.test' },
    expected: 'Accept gateway',
  },
  'ISTIO_MUTUAL without an sni meets no chain': {
    yaml: [...base, dr.replace(', sni: api.stripe.test', ''), gw, vs, se, ap],
    expected: 'Deny gateway',
  },
  'an sni that no server has meets no chain': {
    yaml: [...base, dr.replace('sni: api', 'sni: app'), gw, vs, se, ap],
    expected: 'Deny gateway',
  },
  'without ISTIO_MUTUAL on the hop the handshake fails': {
    yaml: [...base, dr.replace('mode: ISTIO_MUTUAL, sni: api.stripe.test', 'mode: DISABLE'), gw, vs, se, ap],
    expected: 'Deny gateway',
  },
  'a PASSTHROUGH gateway knows no principal': {
    yaml: [
      ...base,
      dr.replace('mode: ISTIO_MUTUAL, sni: api.stripe.test', 'mode: DISABLE'),
      gw.replace('ISTIO_MUTUAL', 'PASSTHROUGH'),
      vs,
      se,
      ap,
    ],
    expected: 'Deny gateway',
  },
  'a tcp route under PASSTHROUGH is ignored': {
    yaml: [
      noDefaultDeny,
      shopSidecar,
      dr.replace('mode: ISTIO_MUTUAL, sni: api.stripe.test', 'mode: DISABLE'),
      gw.replace('ISTIO_MUTUAL', 'PASSTHROUGH'),
      vs,
      se,
    ],
    expected: 'Deny gateway',
  },
  'a tls route under ISTIO_MUTUAL is ignored': {
    yaml: [...base, dr, gw, tlsOutward, se, ap],
    expected: 'Deny gateway',
  },
  'a server for every host sends all to the VirtualService that comes first': {
    yaml: [...base, sharedServer, dr, vs, se, ap, subset(second), toShared, entry(second), policy(second)],
    target: to('files.example.test'),
    expected: 'Accept gateway > api.stripe.test:443',
  },
  'a host of one namespace cannot be bound by a VirtualService of another': {
    yaml: [...base, dr, gw.replace('istio-egress/api.stripe.test', 'other/api.stripe.test'), vs, se, ap],
    expected: 'Deny gateway',
  },
  'of two servers with one host the younger is dropped': {
    yaml: [
      ...all,
      gw.replace('name: api-stripe-test, namespace', 'name: zzz, namespace').replace('ISTIO_MUTUAL', 'PASSTHROUGH'),
    ],
    expected: 'Accept gateway',
  },
  'one host in two spellings breaks nothing while one of the servers has no route': {
    yaml: [
      ...all,
      gw.replace('name: api-stripe-test, namespace', 'name: zzz, namespace').replace('istio-egress/api', 'api'),
    ],
    expected: 'Accept gateway',
  },
  'HTTP and TLS cannot share a port, and without an age nobody knows which has it': {
    yaml: [
      ...base,
      dr,
      vs,
      se,
      ap,
      gw
        .replace('name: api-stripe-test, namespace', 'name: aaa, namespace')
        .replace('protocol: TLS', 'protocol: HTTP')
        .replace(/\n {4}tls:.*/, ''),
      gw,
    ],
    expected: 'Deny gateway ?',
  },
  'a DestinationRule of the client for the gateway shadows ours, and mTLS fails': {
    yaml: [...all, dr.replace('namespace: istio-egress', 'namespace: shop').replace(', sni: api.stripe.test', '')],
    expected: 'Deny gateway',
  },
  'DestinationRules with another exportTo are not merged, and the last one counts': {
    yaml: [
      ...base,
      subset({ ...stripe, host: 'zzz.test' }).replace('exportTo: ["*"]', 'exportTo: [".", "shop"]'),
      dr,
      gw,
      vs,
      se,
      ap,
    ],
    expected: 'Deny none',
  },
  'one that comes first does not': {
    yaml: [
      ...base,
      subset({ ...stripe, host: 'aaa.test' }).replace('exportTo: ["*"]', 'exportTo: [".", "shop"]'),
      dr,
      gw,
      vs,
      se,
      ap,
    ],
    expected: 'Accept gateway',
  },
  'a port that the Service does not expose has no cluster': {
    yaml: [...base, ...[dr, gw, vs, se, ap].map((text) => text.replaceAll('443', '8443'))],
    target: { ...to('api.stripe.test', 8443), appProtocol: 'tls' },
    expected: 'Deny none',
  },
  'resolution NONE makes a gateway connect to itself': {
    yaml: [...base, dr, gw, vs, se.replace('resolution: DNS', 'resolution: NONE'), ap],
    expected: 'Deny gateway',
  },
  'a gateway that cannot see the ServiceEntry has no cluster': {
    yaml: [...base, dr, gw, vs, se.replace('[".","shop"]', '["shop"]'), ap],
    expected: 'Deny gateway',
  },
  'a gateway that cannot see the VirtualService has no route': {
    yaml: [...base, dr, gw, vs.replace('[".","shop"]', '["shop"]'), se, ap],
    expected: 'Deny gateway',
  },
  'a Gateway of a tenant that selects the pods takes connections too': {
    yaml: [...base, dr, gw.replace('namespace: istio-egress', 'namespace: shop'), vs, se, ap],
    expected: 'Deny gateway',
  },
  'an EnvoyFilter leaves nothing certain': {
    yaml: [
      ...all,
      'apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: { name: x, namespace: istio-egress }',
    ],
    expected: 'Accept gateway ?',
  },
  'an EnvoyFilter for other pods changes nothing': {
    yaml: [
      ...all,
      'apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: { name: x, namespace: istio-egress }\nspec: { workloadSelector: { labels: { gateway: wildcard } } }',
    ],
    expected: 'Accept gateway',
  },
  'an object that could not be read leaves nothing certain where it is': {
    yaml: [
      ...all,
      'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: x, namespace: istio-egress }\nspec: { rules: 3 }',
    ],
    expected: 'Accept gateway ?',
  },
};

function rootPolicy(rules: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: allow-nothing, namespace: istio-system }
spec: { ${rules} }`;
}

function deny(rule: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny, namespace: istio-egress }
spec:
  selector: { matchLabels: { gateway: shared } }
  action: DENY
  rules: [{ ${rule} }]`;
}

describe('traps of sidecars', () => {
  it.each(Object.entries(sidecarTraps))('%s', (_, trap) => {
    expect(judged(trap)).toBe(trap.expected);
  });
});

describe('traps of gateways', () => {
  it.each(Object.entries(gatewayTraps))('%s', (_, trap) => {
    expect(judged(trap)).toBe(trap.expected);
  });
});
