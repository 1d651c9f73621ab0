import { describe, expect, it } from 'vitest';
import { runPostern } from '../../src/cli/testing/run-postern.ts';
import { allowed, base, mesh, verify, why } from './asked.ts';

/* What cannot be understood leaves open what it could change, by name: no answer is a guess. */

function object(apiVersion: string, kind: string, spec: string, metadata = '{ name: bad, namespace: shop }'): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${spec}`;
}
const networkPolicy = (spec: string, apiVersion = 'networking.k8s.io/v1'): string =>
  object(apiVersion, 'NetworkPolicy', spec);
const istio = (kind: string, spec: string, namespace = 'shop'): string =>
  `${mesh}\n---\n${object('networking.istio.io/v1', kind, spec, `{ name: bad, namespace: ${namespace} }`)}`;
const port = (text: string): string =>
  networkPolicy(`{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [${text}] }] }`);
const calicoPolicy = object(
  'projectcalico.org/v3',
  'NetworkPolicy',
  `{ selector: all(), types: [Egress], egress: [{ action: Allow, destination: { selector: role == 'partner', namespaceSelector: global() } }] }`,
);

describe('of a cluster with an object that cannot be understood', () => {
  it.each([
    ['a spec that is a text', networkPolicy('deny'), 'NetworkPolicy/shop/bad'],
    ['a port in quotes', port("{ port: '443' }"), 'NetworkPolicy/shop/bad'],
    ['a range backwards', port('{ port: 443, endPort: 80 }'), 'NetworkPolicy/shop/bad'],
    ['the end of a range alone', port('{ endPort: 443 }'), 'NetworkPolicy/shop/bad'],
    ['a protocol in small letters', port('{ protocol: tcp, port: 443 }'), 'NetworkPolicy/shop/bad'],
    [
      'a peer that says nothing',
      networkPolicy('{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{}] }] }'),
      'NetworkPolicy/shop/bad',
    ],
    ['a later version', networkPolicy('{ podSelector: {} }', 'networking.k8s.io/v2'), 'NetworkPolicy/shop/bad'],
    [
      'a group that no server has any more',
      networkPolicy('{ podSelector: {}, policyTypes: [Egress] }', 'extensions/v1beta1'),
      'NetworkPolicy/shop/bad',
    ],
    [
      'a policy of a plugin that is not known',
      object('crd.nsx.vmware.com/v1', 'ClusterNetworkPolicy', '{ rules: [] }', '{ name: bad }'),
      'ClusterNetworkPolicy/bad',
    ],
    [
      'a set of networks',
      `${object('projectcalico.org/v3', 'GlobalNetworkSet', '{ nets: 203.0.113.0/24 }', '{ name: s, labels: { role: partner } }')}\n---\n${calicoPolicy}`,
      'NetworkPolicy.projectcalico.org/shop/bad',
    ],
    ['a Sidecar', istio('Sidecar', '{ egress: [{ hosts: ./* }] }'), 'Sidecar/shop/bad'],
    [
      'a route of another namespace',
      istio('VirtualService', '{ hosts: net.internal }', 'other'),
      'VirtualService/other/bad',
    ],
    [
      'settings of the mesh that are no YAML',
      mesh.replace("REGISTRY_ONLY } }'", "REGISTRY_ONLY'"),
      'ConfigMap/istio-system/istio',
    ],
    [
      'an EnvoyFilter that rewrites sidecars',
      istio('EnvoyFilter', '{ configPatches: [{ match: { context: SIDECAR_OUTBOUND } }] }'),
      'EnvoyFilter/shop/bad',
    ],
  ])('%s: the answer is not known', async (_, given, rule) => {
    const { code, found } = await verify(base, given);
    expect([code, found.consistent, found.unknown[0]?.rule]).toEqual([4, false, rule]);
    const { verdict, sentence } = await why('shop/web-1', allowed, base, given);
    expect(verdict).toBe('Unknown');
    expect(sentence).toContain(rule);
  });

  it.each([
    [
      'a route that another namespace keeps to itself',
      istio('VirtualService', "{ hosts: net.internal, exportTo: ['.'] }", 'other'),
    ],
    [
      'an EnvoyFilter for what comes in',
      istio('EnvoyFilter', '{ configPatches: [{ match: { context: SIDECAR_INBOUND } }] }'),
    ],
    ['a policy about what comes in', networkPolicy('{ podSelector: {}, policyTypes: [Ingress], ingress: {} }')],
  ])('%s changes nothing', async (_, given) => {
    expect((await verify(base, given)).found.unknown).toEqual([]);
    expect((await why('shop/web-1', allowed, base, given)).verdict).toBe('Accept');
  });

  it('knows the policy of a mesh of which there is nothing but the settings', async () => {
    const settings = mesh.split('\n---\n').slice(0, 2).join('\n---\n');
    const { verdict, sentence } = await why('shop/web-1', allowed, base, settings);
    expect(verdict).toBe('Deny');
    expect(sentence).toContain('REGISTRY_ONLY');
  });

  const own = (kind: string, spec: string, metadata?: string): string =>
    object('postern.dev/v1alpha1', kind, spec, metadata);
  it.each([
    [
      'EgressPolicy/shop/bad',
      own('EgressPolicy', '{ subject: { allPods: true }, action: Deny, to: [{ networks: [203.0.113.0] }] }'),
    ],
    ['ClusterEgressPolicy/bad', own('ClusterEgressPolicy', '{ tier: Admin }', '{ name: bad }')],
    ['Namespace/shop', 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: env }'],
    [
      'EnforcementPoint/edge2',
      own('EnforcementPoint', '{ adapter: fortigate, mode: Enforce, config: { vdomm: root } }', '{ name: edge2 }'),
    ],
    ['EnforcementPoint/edge2', own('EnforcementPoint', '{ adapter: fortigte, mode: Enforce }', '{ name: edge2 }')],
    ['NetworkPolicy/shop/?', object('networking.k8s.io/v1', 'NetworkPolicy', '{}', '{ namespace: shop }')],
    [
      'NetworkPolicy/shop/bad',
      [networkPolicy('{ policyTypes: [Egress] }'), networkPolicy('{ egress: [{}] }')].join('\n---\n'),
    ],
  ])('%s could not be taken into account, so that nothing is consistent or allowed', async (name, given) => {
    const { code, found } = await verify(base, given);
    expect([code, found.consistent]).toEqual([1, false]);
    const { verdict, sentence } = await why('shop/web-1', allowed, base, given);
    expect([verdict, sentence]).toEqual([
      'Unknown',
      expect.stringMatching(`^Unknown: ${name.replace('?', '\\?')} could not be used`),
    ]);
  });

  it.each([
    ['a policy of another namespace', own('EgressPolicy', '{}', '{ name: bad, namespace: other }')],
    [
      'a point that is about another namespace',
      own('EnforcementPoint', '{ adapter: fortigte, mode: Enforce, namespaceSelector: { matchLabels: { team: a } } }'),
    ],
    ['another pod', 'apiVersion: v1\nkind: Pod\nmetadata: { name: bad, namespace: shop, labels: [a] }'],
  ])('tells of %s, and knows the rest', async (_, given) => {
    expect((await verify(base, given)).code).toBe(1);
    expect((await why('shop/web-1', allowed, base, given)).verdict).toBe('Accept');
  });

  it('takes two objects of one generateName for two', async () => {
    const generated = '{ generateName: n-, namespace: shop }';
    const given = [
      object('networking.k8s.io/v1', 'NetworkPolicy', '{ policyTypes: [Egress] }', generated),
      object('networking.k8s.io/v1', 'NetworkPolicy', '{ egress: [{}] }', generated),
    ];
    expect((await why('shop/web-1', allowed, base, ...given)).verdict).toBe('Accept');
    expect((await why('shop/web-1', allowed, base, given[0] ?? '')).verdict).toBe('Deny');
  });
});

describe('what was probably meant', () => {
  it.each([
    ['an adapter', '{ adapter: fortigte, mode: Enforce }', 'did you mean fortigate?'],
    [
      'a field of its config',
      "{ adapter: fortigate, config: { url: 'https://192.0.2.1', vdomm: root } }",
      'did you mean vdom?',
    ],
  ])('of %s is said by lint and plan', async (_, spec, meant) => {
    const point = `apiVersion: postern.dev/v1alpha1\nkind: EnforcementPoint\nmetadata: { name: e }\nspec: ${spec}`;
    for (const command of ['lint', 'plan']) {
      const { code, out, err } = await runPostern([command, '-f', '-'], { stdin: point });
      expect([code, out + err]).toEqual([1, expect.stringContaining(meant)]);
    }
  });

  it('of one of our kinds in another group is an error, and none is left out', async () => {
    const given =
      'apiVersion: postern.io/v1alpha1\nkind: EgressPolicy\nmetadata: { name: a, namespace: shop }\nspec: {}';
    const { code, out } = await runPostern(['lint', '-f', '-'], { stdin: given });
    expect([code, out]).toEqual([1, expect.stringContaining('write apiVersion: postern.dev/v1alpha1')]);
  });
});

it.each([
  ['no metadata', 'metadata:'],
  ['metadata that is a text', 'metadata: web'],
  ['a name that is a number', 'metadata: { name: 7, namespace: shop }'],
  ['a namespace that is a list', 'metadata: { name: web, namespace: [shop] }'],
])('an object with %s is told, and ends nothing', async (_, metadata) => {
  const stdin = `${base}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n${metadata}\nspec: {}`;
  const { out, err } = await runPostern(['verify', '-f', '-'], { stdin });
  expect(out + err).toContain('NetworkPolicy');
  expect(out + err).not.toMatch(/TypeError|^\s+at /m);
});
