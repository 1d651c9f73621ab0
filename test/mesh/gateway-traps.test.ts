import { describe, expect, it } from 'vitest';
import { entry, policy, routes, shopSidecar, stripe, subset, to } from '../../src/verify/mesh/testing/fixtures.ts';
import { all, ap, base, butFor, dr, gw, judged, noDefaultDeny, se, type Trap, vs } from './traps.ts';

/* Each is a way in which gateways do not do what the objects of their mesh seem to say. */

const other = { serviceAccount: 'other' };
const plainHop = dr.replace('mode: ISTIO_MUTUAL, sni: api.stripe.test', 'mode: DISABLE');
const tlsOutward = vs.replace('tcp:\n', '\n');
const second = { ...stripe, host: 'files.example.test' };
const sharedServer = gw.replace('istio-egress/api.stripe.test', '*');
const dryRun = (value: string): string =>
  ap.replace('namespace: istio-egress }', `namespace: istio-egress, annotations: { istio.io/dry-run: "${value}" } }`);
const toShared = routes(second).replaceAll('istio-egress/files-example-test', 'istio-egress/api-stripe-test');

const gatewayTraps: Readonly<Record<string, Trap>> = {
  'without a default deny the last ALLOW policy gone opens the gateway': [
    'Accept gateway',
    [noDefaultDeny, shopSidecar, dr, gw, vs, se],
    { client: other },
  ],
  'an ALLOW policy in another namespace is not about the gateway': [
    'Deny gateway',
    butFor({ ap: ap.replace('namespace: istio-egress', 'namespace: shop') }),
  ],
  'allow-nothing in the root namespace denies the whole mesh': [
    'Deny gateway',
    [noDefaultDeny, shopSidecar, dr, gw, vs, se, rootPolicy('')],
  ],
  'an ALLOW in the root namespace opens every gateway': [
    'Accept gateway',
    [...all, rootPolicy('rules: [{}]')],
    { client: other },
  ],
  'an ALLOW policy without rules matches nothing': ['Deny gateway', butFor({ ap: ap.replace(/rules:[\s\S]*$/, '') })],
  'an ALLOW policy with an empty rule matches everything': [
    'Accept gateway',
    butFor({ ap: ap.replace(/rules:[\s\S]*$/, 'rules: [{}]') }),
    { client: other },
  ],
  'a dry run decides nothing': ['Deny gateway', butFor({ ap: dryRun('true') })],
  'and may be spelled in any way that Go reads as true': ['Deny gateway', butFor({ ap: dryRun('1') })],
  'DENY comes before ALLOW': ['Deny gateway', [...all, deny('to: [{ operation: { ports: ["443"] } }]')]],
  'what belongs to requests is dropped from a DENY rule on TCP, which then means more': [
    'Deny gateway',
    [...all, deny('to: [{ operation: { hosts: ["other.test"] } }]')],
  ],
  'an ALLOW rule that asks for a method never matches TCP': [
    'Deny gateway',
    butFor({ ap: ap.replace('ports: ["443"]', 'ports: ["443"], methods: [GET]') }),
  ],
  'a policy port is the port of the container': [
    'Deny gateway',
    all.map((text) => text.replace('port: 443 }, { name: tls-5432', 'port: 443, targetPort: 8443 }, { name: tls-5432')),
  ],
  'ipBlocks beside a principal must both hold': [
    'Deny gateway',
    butFor({ ap: ap.replace('"principals"', '"ipBlocks":["10.9.0.0/16"],"principals"') }),
  ],
  'ipBlocks of a client without known addresses may hold': [
    'Accept gateway ?',
    butFor({ ap: ap.replace('"principals"', '"ipBlocks":["10.9.0.0/16"],"principals"') }),
    { client: { addresses: undefined } },
  ],
  'an external authorizer may say anything': [
    'Accept gateway ?',
    [...all, deny('').replace('action: DENY', 'action: CUSTOM')],
  ],
  'a principal of another trust domain is another identity': [
    'Deny gateway',
    all.map((text) => text.replaceAll('cluster.local/ns', 'other.test/ns')),
    { config: { trustDomain: 'corp.test' } },
  ],
  'cluster.local stands for whatever the trust domain is': [
    'Accept gateway',
    all,
    { config: { trustDomain: 'corp.test' } },
  ],
  'ISTIO_MUTUAL without an sni meets no chain': [
    'Deny gateway',
    butFor({ dr: dr.replace(', sni: api.stripe.test', '') }),
  ],
  'an sni that no server has meets no chain': ['Deny gateway', butFor({ dr: dr.replace('sni: api', 'sni: app') })],
  'without ISTIO_MUTUAL on the hop the handshake fails': ['Deny gateway', butFor({ dr: plainHop })],
  'a PASSTHROUGH gateway knows no principal': [
    'Deny gateway',
    butFor({
      dr: plainHop,
      gw: gw.replace('ISTIO_MUTUAL', 'PASSTHROUGH'),
    }),
  ],
  'a tcp route under PASSTHROUGH is ignored': [
    'Deny gateway',
    [noDefaultDeny, shopSidecar, plainHop, gw.replace('ISTIO_MUTUAL', 'PASSTHROUGH'), vs, se],
  ],
  'a tls route under ISTIO_MUTUAL is ignored': ['Deny gateway', butFor({ vs: tlsOutward })],
  'a server for every host sends all to the VirtualService that comes first': [
    'Accept gateway > api.stripe.test:443',
    [...base, sharedServer, dr, vs, se, ap, subset(second), toShared, entry(second), policy(second)],
    { target: to('files.example.test') },
  ],
  'a host of one namespace cannot be bound by a VirtualService of another': [
    'Deny gateway',
    butFor({ gw: gw.replace('istio-egress/api.stripe.test', 'other/api.stripe.test') }),
  ],
  'of two servers with one host the younger is dropped': [
    'Accept gateway',
    [
      ...all,
      gw.replace('name: api-stripe-test, namespace', 'name: zzz, namespace').replace('ISTIO_MUTUAL', 'PASSTHROUGH'),
    ],
  ],
  'one host in two spellings breaks nothing while one of the servers has no route': [
    'Accept gateway',
    [...all, gw.replace('name: api-stripe-test, namespace', 'name: zzz, namespace').replace('istio-egress/api', 'api')],
  ],
  'HTTP and TLS cannot share a port, and without an age nobody knows which has it': [
    'Deny gateway ?',
    [
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
  ],
  'a DestinationRule of the client for the gateway shadows ours, and mTLS fails': [
    'Deny gateway',
    [...all, dr.replace('namespace: istio-egress', 'namespace: shop').replace(', sni: api.stripe.test', '')],
  ],
  'DestinationRules with another exportTo are not merged, and the last one counts': [
    'Deny none',
    [
      ...base,
      subset({ ...stripe, host: 'zzz.test' }).replace('exportTo: ["*"]', 'exportTo: [".", "shop"]'),
      dr,
      gw,
      vs,
      se,
      ap,
    ],
  ],
  'one that comes first does not': [
    'Accept gateway',
    [
      ...base,
      subset({ ...stripe, host: 'aaa.test' }).replace('exportTo: ["*"]', 'exportTo: [".", "shop"]'),
      dr,
      gw,
      vs,
      se,
      ap,
    ],
  ],
  'a port that the Service does not expose has no cluster': [
    'Deny none',
    [...base, ...[dr, gw, vs, se, ap].map((text) => text.replaceAll('443', '8443'))],
    { target: { ...to('api.stripe.test', 8443), appProtocol: 'tls' } },
  ],
  'resolution NONE makes a gateway connect to itself': [
    'Deny gateway',
    butFor({ se: se.replace('resolution: DNS', 'resolution: NONE') }),
  ],
  'a gateway that cannot see the ServiceEntry has no cluster': [
    'Deny gateway',
    butFor({ se: se.replace('[".","shop"]', '["shop"]') }),
  ],
  'a gateway that cannot see the VirtualService has no route': [
    'Deny gateway',
    butFor({ vs: vs.replace('[".","shop"]', '["shop"]') }),
  ],
  'a Gateway of a tenant that selects the pods takes connections too': [
    'Deny gateway',
    butFor({ gw: gw.replace('namespace: istio-egress', 'namespace: shop') }),
  ],
  'an EnvoyFilter leaves nothing certain': [
    'Accept gateway ?',
    [
      ...all,
      'apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: { name: x, namespace: istio-egress }',
    ],
  ],
  'an EnvoyFilter for other pods changes nothing': [
    'Accept gateway',
    [
      ...all,
      'apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: { name: x, namespace: istio-egress }\nspec: { workloadSelector: { labels: { gateway: wildcard } } }',
    ],
  ],
  'an object that could not be read leaves nothing certain where it is': [
    'Accept gateway ?',
    [
      ...all,
      'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: x, namespace: istio-egress }\nspec: { rules: 3 }',
    ],
  ],
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

describe('traps of gateways', () => {
  it.each(Object.entries(gatewayTraps))('%s', (_, [expected, yaml, asked]) => {
    expect(judged(yaml, asked)).toBe(expected);
  });
});
