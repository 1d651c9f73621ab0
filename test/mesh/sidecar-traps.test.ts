import { describe, expect, it } from 'vitest';
import {
  behindGateway,
  entry,
  mirror,
  payments,
  plane,
  policy,
  routes,
  server,
  shopSidecar,
  stripe,
  subset,
  to,
} from '../../src/verify/mesh/testing/fixtures.ts';
import { all, ap, base, butFor, dr, gw, judged, se, type Trap, vs } from './traps.ts';

/* Each is a way in which sidecars do not do what the objects of their mesh seem to say. */

const toMirror = to('mirror.example.test', 80);
const labelled = vs.replace('sniHosts', 'sourceLabels: { egress: "true" }, sniHosts');
const labelledHttp = routes(mirror).replace('gateways: [mesh], port: 80', 'port: 80, sourceLabels: { egress: "true" }');
const unheard = labelledHttp.replace('port: 80, source', 'gateways: [mesh], port: 80, source');

const sidecarTraps: Readonly<Record<string, Trap>> = {
  'all is well': ['Accept gateway', all],
  'without the ServiceEntry the name is unknown': ['Deny none', butFor({ se: '' })],
  'without the VirtualService the sidecar goes straight to the host': ['Accept direct', butFor({ vs: '' })],
  'without the subset there is no cluster': ['Deny none', butFor({ dr: '' })],
  'without its Gateway nothing says that the pods are one': ['Accept gateway ?', butFor({ gw: '' })],
  'a Gateway for other ports says so, and nothing listens on this one': [
    'Deny gateway',
    butFor({ gw: gw.replace('number: 443', 'number: 8443') }),
  ],
  'without its policy the default denies': ['Deny gateway', butFor({ ap: '' })],
  'sourceLabels on a TLS route open a way around the gateway': ['Accept direct', butFor({ vs: labelled })],
  'sourceLabels hold for pods that have them': [
    'Accept gateway',
    butFor({ vs: labelled }),
    { client: { podLabels: { egress: 'true' } } },
  ],
  'sourceLabels on an HTTP route leave the host to the next VirtualService': [
    'Accept gateway',
    [...base, behindGateway(mirror), labelledHttp],
    { target: toMirror },
  ],
  'sourceLabels on the only HTTP route open a way around the gateway, too': [
    'Accept direct',
    [...base, subset(mirror), server(mirror), labelledHttp, entry(mirror), policy(mirror)],
    { target: toMirror },
  ],
  'sourceLabels of an HTTP match that says its gateways are not asked for': [
    'Accept gateway',
    [...base, subset(mirror), server(mirror), unheard, entry(mirror), policy(mirror)],
    { target: toMirror },
  ],
  'sourceLabels on the only HTTP route let it out where anything goes': [
    'Accept direct',
    [plane, subset(mirror), server(mirror), labelledHttp, entry(mirror), policy(mirror)],
    { target: toMirror, config: { outboundTrafficPolicy: 'ALLOW_ANY' } },
  ],
  'a tls route for another name of a wildcard service takes the rest of it away': [
    'Deny none',
    butFor({ se: se.replace('api.stripe.test"', '*.stripe.test"') }),
    { target: to('www.stripe.test') },
  ],
  'of two VirtualServices for one host nobody knows which is older': [
    'Accept gateway ?',
    [
      ...all,
      vs
        .replace('name: api-stripe-test, namespace', 'name: second, namespace')
        .replace('subset: api-stripe-test', 'subset: none'),
    ],
  ],
  'an extra port of the ServiceEntry is a hole': [
    'Accept direct',
    [
      ...base,
      behindGateway(payments).replace(
        ', targetPort: 443 }',
        ', targetPort: 443 }, { number: 443, name: tls, protocol: TLS }',
      ),
    ],
    { target: to('payments.example.test') },
  ],
  'an upstream DestinationRule that clients see makes TLS twice': [
    'Deny direct',
    [
      ...base,
      entry({ ...stripe }),
      behindGateway({ ...payments, host: 'api.stripe.test', port: 443, originate: '*' })
        .split('---')
        .at(-1) ?? '',
    ],
  ],
  'a workload Sidecar inherits neither imports nor policy': [
    'Accept direct',
    [...all, sidecar('own', 'checkout', '["./*"]', '')],
    { config: { outboundTrafficPolicy: 'ALLOW_ANY' } },
  ],
  'a workload Sidecar that does not import the host hides it': [
    'Deny none',
    [...all, sidecar('own', 'checkout', '["./*"]', 'outboundTrafficPolicy: { mode: REGISTRY_ONLY }')],
  ],
  'of two Sidecars for one pod nobody knows which is older': [
    'Accept gateway ?',
    [...all, sidecar('a', 'checkout', '["*/*"]', ''), sidecar('b', 'checkout', '["./*"]', '')],
  ],
  'a Sidecar without selector in the root namespace is for namespaces that have none': [
    'Deny none',
    [
      plane,
      dr,
      gw,
      vs,
      se,
      ap,
      shopSidecar.replace('namespace: shop', 'namespace: istio-system').replace('istio-egress/*', 'none/*'),
    ],
  ],
  'ALLOW_ANY lets out what nobody registered': [
    'Accept direct',
    [plane],
    { target: to('evil.test'), config: { outboundTrafficPolicy: 'ALLOW_ANY' } },
  ],
  'an HTTP VirtualService acts on port 80 for a host that nobody registered': [
    'Deny gateway',
    [...base, subset(mirror), server(mirror), routes(mirror), policy(mirror)],
    { target: toMirror },
  ],
  "the client's own ServiceEntry comes before the one of the egress namespace": [
    'Deny none',
    [...all, se.replace('namespace: istio-egress', 'namespace: shop').replace('number: 443', 'number: 8443')],
  ],
  'a TCP ServiceEntry without addresses takes whatever goes to its port': [
    'Accept direct > db.example.test:5432',
    [...base, entry({ host: 'db.example.test', kind: 'tcp' })],
    { target: to('evil.test', 5432) },
  ],
  'with DNS capture it takes only its own name': [
    'Deny none',
    [...base, entry({ host: 'db.example.test', kind: 'tcp' })],
    { target: to('evil.test', 5432), config: { dnsCapture: true, version: '1.31.0' } },
  ],
  'a wildcard does not match its apex': [
    'Deny none',
    [...base, se.replace('"api.stripe.test"', '"*.stripe.test"').replace('DNS', 'DYNAMIC_DNS')],
    { target: to('stripe.test') },
  ],
  'a wildcard matches names at any depth': [
    'Accept direct',
    [...base, se.replace('"api.stripe.test"', '"*.stripe.test"').replace('DNS', 'DYNAMIC_DNS')],
    { target: to('a.b.stripe.test') },
  ],
  'upper case and a trailing dot are the same host': [
    'Accept gateway',
    [...base, dr, gw, ap, ...[vs, se].map((text) => text.replaceAll('"api.stripe.test"', '"API.stripe.test."'))],
  ],
  'plain HTTP to a TLS port is not the service': [
    'Deny none',
    all,
    { target: { ...to('api.stripe.test'), appProtocol: 'http' } },
  ],
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

describe('traps of sidecars', () => {
  it.each(Object.entries(sidecarTraps))('%s', (_, [expected, yaml, asked]) => {
    expect(judged(yaml, asked)).toBe(expected);
  });
});
