import { describe, expect, it } from 'vitest';
import { runPostern } from '../../testing/run-postern.ts';

/* `postern lint`, where pods leave the cluster under other addresses than a point knows. */

const cluster = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: shop } }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, vantage: { type: VANTAGE } }`;

async function told(object: string, vantage = 'Pod'): Promise<readonly string[]> {
  const stdin = `${cluster.replace('VANTAGE', vantage)}\n---\n${object}`;
  const { out } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
  const { problems } = JSON.parse(out) as { problems: readonly { code: string; subject: string; message: string }[] };
  return problems
    .filter(({ code }) => code === 'egress-address')
    .map(({ subject, message }) => `${subject} ${message}`);
}

const ovn = `
apiVersion: k8s.ovn.org/v1
kind: EgressIP
metadata: { name: prod }
spec: { egressIPs: [192.0.2.10], namespaceSelector: { matchLabels: { team: shop } } }`;
const cilium = `
apiVersion: cilium.io/v2
kind: CiliumEgressGatewayPolicy
metadata: { name: gw }
spec:
  selectors: [{ podSelector: { matchLabels: { app: web, io.kubernetes.pod.namespace: shop } } }]
  destinationCIDRs: [0.0.0.0/0]
  egressGateway: { nodeSelector: {}, egressIP: 192.0.2.11 }`;
const antrea = `
apiVersion: crd.antrea.io/v1beta1
kind: Egress
metadata: { name: web }
spec: { appliedTo: { podSelector: { matchLabels: { app: web } } }, egressIP: 192.0.2.12 }`;
const calico = `
apiVersion: v1
kind: Pod
metadata: { name: batch, namespace: shop, annotations: { egress.projectcalico.org/selector: egress == 'red' } }
spec: { containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.12 }] }`;

describe('postern lint, where pods leave under other addresses', () => {
  it.each([
    ['an EgressIP', ovn, 'shop/Pod/web-1 leave under 192.0.2.10 by EgressIP/prod,'],
    ['a CiliumEgressGatewayPolicy', cilium, 'leave under 192.0.2.11 by CiliumEgressGatewayPolicy/gw,'],
    ['an Egress of Antrea', antrea, 'leave under 192.0.2.12 by Egress/web,'],
    ['a gateway of Calico', calico, 'shop/Pod/batch leave under an address of its gateway by annotation egress.'],
  ])('tells of %s at points of vantage Pod and Node, and of no other', async (_, object, message) => {
    for (const vantage of ['Pod', 'Node'])
      expect(await told(object, vantage)).toEqual([expect.stringContaining(message) as string]);
    expect(await told(object, 'Static, networks: [192.0.2.10/32]')).toEqual([]);
  });

  it('tells where Calico leads pods through a gateway that is not there, and so lets nothing out', async () => {
    const stdin = `${cluster.replace('VANTAGE', 'EgressIP')}\n---\n${calico}`;
    const { out } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
    const { problems } = JSON.parse(out) as { problems: readonly { code: string; subject: string; message: string }[] };
    const found = problems.filter(({ code }) => code === 'no-egress-gateway' || code === 'no-egress-address');
    expect(found.map(({ code, subject }) => `${code} ${subject}`).sort()).toEqual([
      'no-egress-address EnforcementPoint/edge',
      'no-egress-gateway Namespace/shop',
    ]);
  });

  it.each([
    ['another namespace', ovn.replace('team: shop', 'team: news')],
    ['another pod', antrea.replace('app: web', 'app: other')],
    ['another namespace of Cilium', cilium.replace('namespace: shop', 'namespace: news')],
    ['no pod at all', antrea.replace('appliedTo: { podSelector: { matchLabels: { app: web } } }, ', '')],
  ])('says nothing of an object that is about %s', async (_, object) => {
    expect(await told(object)).toEqual([]);
  });

  it('takes an object that nobody can read to be about every pod', async () => {
    expect(
      await told(
        ovn
          .replace('namespaceSelector: { matchLabels', 'namespaceSelector: { matchLabel: 7, matchLabels')
          .replace('{ team: shop }', '[1]'),
      ),
    ).toEqual([expect.stringContaining('by EgressIP/prod') as string]);
  });
});

describe('postern lint, where pods leave through gateways of Calico', () => {
  const pod = (namespace: string, name: string, labels: string, annotations = '{}'): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: ${labels}, annotations: ${annotations} }
spec: { containers: [] }
status: { phase: Running }`;
  const gateways = ['shop red', 'egress red', 'egress blue'].map((one) => {
    const [namespace = '', colour = ''] = one.split(' ');
    return pod(namespace, `gw-${colour}`, `{ egress: ${colour} }`);
  });
  const client = (annotations: string, name = 'batch'): string => pod('shop', name, '{}', annotations);
  const asking = "egress.projectcalico.org/selector: egress == 'red'";
  const inEgress = "egress.projectcalico.org/namespaceSelector: projectcalico.org/name == 'egress'";
  const byPolicy = 'egress.projectcalico.org/egressGatewayPolicy: out';
  const policy = (rules: string, group = 'projectcalico.org/v3'): string => `
apiVersion: ${group}
kind: EgressGatewayPolicy
metadata: { name: out }
spec: { rules: [${rules}] }`;
  const rule = (colour: string, cidr?: string): string =>
    `{ ${cidr === undefined ? '' : `destination: { cidr: ${cidr} }, `}gateway: { selector: egress == '${colour}', namespaceSelector: all() } }`;
  const toldOf = (...objects: readonly string[]): Promise<readonly string[]> =>
    told([...gateways, ...objects].join('\n---\n'));

  it.each([
    ['its own namespace', [client(`{ ${asking} }`)], 'leave through shop/Pod/gw-red by'],
    ['another namespace', [client(`{ ${asking}, ${inEgress} }`)], 'leave through egress/Pod/gw-red by'],
    ['a policy', [client(`{ ${byPolicy} }`), policy(rule('blue'))], 'leave through egress/Pod/gw-blue by'],
    [
      'a policy as it is kept, for some destinations',
      [
        client(`{ ${byPolicy} }`),
        policy(`{ destination: { cidr: 10.0.0.0/8 } }, ${rule('blue', '192.0.2.0/24')}`, 'crd.projectcalico.org/v1'),
      ],
      'leave through egress/Pod/gw-blue on the way to 192.0.2.0/24 by',
    ],
    [
      'a policy, which counts before selectors',
      [client(`{ ${byPolicy}, ${asking} }`), policy(rule('blue'))],
      'through egress/Pod/gw-blue by',
    ],
  ])('names the gateway that is chosen in %s', async (_, objects, message) => {
    const found = await toldOf(...objects);
    expect(found).toEqual([expect.stringContaining(message) as string]);
    expect(found[0]).toContain('use a point with vantage EgressIP');
  });

  it.each([
    ['a policy that is not there', [client(`{ ${byPolicy} }`)]],
    [
      'a policy of which one gateway is not known',
      [client(`{ ${byPolicy} }`), policy(`${rule('blue')}, { gateway: { selector: egress == 'red' } }`)],
    ],
    ['what is no selector', [client("{ egress.projectcalico.org/selector: egress = 'red' }")]],
    ['a namespace and no pods', [client(`{ ${inEgress} }`)]],
    ['pods that are not there', [client(`{ ${asking.replace('red', 'green')} }`)]],
  ])('names none by %s', async (_, objects) => {
    expect(await toldOf(...objects)).toEqual([
      expect.stringContaining('shop/Pod/batch leave under an address of its gateway by annotation egress.') as string,
    ]);
  });

  it('asks the pod before its namespace, and tells once of pods that choose alike', async () => {
    const namespace = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: shop }, annotations: { ${byPolicy} } }`;
    const stdin = [
      cluster.slice(cluster.indexOf('---') + 4).replace('VANTAGE', 'Pod'),
      namespace,
      gateways[1] ?? '',
      gateways[2] ?? '',
      policy(rule('blue')),
      policy(rule('red')).replace('name: out', 'name: other'),
      ...['one', 'two'].map((name) => client(`{ ${byPolicy.replace('out', 'other')} }`, name)),
    ].join('\n---\n');
    const { out } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
    const { problems } = JSON.parse(out) as { problems: { code: string; message: string }[] };
    const found = problems.filter(({ code }) => code === 'egress-address').map(({ message }) => message);
    expect(found.sort()).toEqual([
      expect.stringMatching(/^shop\/Pod\/one, shop\/Pod\/two leave through egress\/Pod\/gw-red by/) as string,
      expect.stringMatching(/^shop\/Pod\/web-1 leave through egress\/Pod\/gw-blue by/) as string,
    ]);
  });
});

describe('postern lint, of two points', () => {
  const point = (name: string, adapter: string, config: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: ${name} }
spec: { adapter: ${adapter}, config: ${config} }`;

  it.each([
    ['fortigate', '{ url: "https://FW.example.com" }', '{ url: "https://fw.example.com:443/", vdom: root }', true],
    ['fortigate', '{ url: "https://fw.example.com" }', '{ url: "https://fw.example.com", vdom: dmz }', false],
    [
      'f5-afm',
      '{ url: "https://f5.example.com" }',
      '{ url: "https://f5.example.com", context: { routeDomain: /Common/rd1 } }',
      true,
    ],
    ['f5-afm', '{ url: "https://f5.example.com" }', '{ url: "https://f5.example.com", partition: other }', false],
    ['feed', '{ store: { folder: /var/feed } }', '{ store: { folder: /var//feed/ } }', true],
    ['feed', '{ store: { folder: /var/feed } }', '{ store: { folder: /var/feed2 } }', false],
    ['aws-network-firewall', '{ region: eu-west-1, firewall: out }', '{ region: eu-west-1, firewall: out }', true],
    ['aws-network-firewall', '{ region: eu-west-1, firewall: out }', '{ region: eu-west-2, firewall: out }', false],
    ['istio', '{ mode: ambient }', '{ mode: ambient }', false],
  ] as const)('%s %s and %s: in one place? %s', async (adapter, one, other, together) => {
    const stdin = `${point('edge', adapter, one)}\n---\n${point('second', adapter, other)}`;
    const { out } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
    const { problems } = JSON.parse(out) as { problems: { code: string; subject: string; message: string }[] };
    const found = problems.filter(({ code }) => code === 'same-place');
    expect(found.map(({ subject }) => subject)).toEqual(together ? ['EnforcementPoint/second'] : []);
    if (together) expect(found[0]?.message).toContain('EnforcementPoint/edge');
  });
});

describe('postern lint, of what an adapter refuses', () => {
  const point = (adapter: string, config: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: ${adapter}, mode: Enforce, vantage: { type: ${adapter === 'network-policy' ? 'Labels' : 'Pod'} }, config: ${config} }`;
  const fortigate = (config: string): string => point('fortigate', `{ url: 'https://192.0.2.1', ${config} }`);

  it.each([
    [
      fortigate('anchor: { abov: web }'),
      'anchor',
      'did you mean above? must be one of: top; bottom; { above }; { below }',
    ],
    [fortigate('anchor: { above: web, after: 5 }'), 'anchor.after', 'unknown field; known here: above'],
    [fortigate('anchor: { above: 3 }'), 'anchor.above', 'must be of type string'],
    [fortigate('anchor: tip'), 'anchor', 'did you mean top?'],
    [fortigate('vdom: 5'), 'vdom', 'Invalid value: 5: must be of type string: The one VDOM'],
    [fortigate('maxConcurrency: some'), 'maxConcurrency', 'Invalid value: "some": must be of type integer: '],
    [fortigate('maxConcurrency: 0'), 'maxConcurrency', 'Invalid value: 0: should be greater than or equal to 1: '],
    [fortigate('srcInterfaces: [""]'), 'srcInterfaces[0]', 'Invalid value: "": must not be empty'],
    [fortigate('srcInterfaces: lan'), 'srcInterfaces', 'Invalid value: "lan": must be of type array: Interfaces'],
    [point('fortigate', '{ vdom: root }'), 'url', 'Required value: '],
    [fortigate('logTraffic: disabled'), 'logTraffic', 'did you mean disable?'],
    [
      point('network-policy', '{ dns: { namespace: a, labels: { b: c }, port: 5353 } }'),
      'dns[0].port',
      'did you mean ports?',
    ],
    [
      point('network-policy', '{ dns: { addresses: [169.254.20.10/24] } }'),
      'dns[0].addresses[0]',
      'write 169.254.20.0/24 for the network',
    ],
    [point('network-policy', '{ always: [{ networks: [10.0.0.1] }] }'), 'always[0].networks[0]', 'write 10.0.0.1/32'],
  ])('names the field, and what was meant: %s', async (stdin, field, message) => {
    const { out, code } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
    expect(code).toBe(1);
    const { problems } = JSON.parse(out) as { problems: readonly { field: string; message: string }[] };
    expect(problems).toContainEqual(
      expect.objectContaining({ field: `spec.config.${field}`, message: expect.stringContaining(message) as string }),
    );
  });

  it.each([
    ['fortigate', "{ url: 'https://192.0.2.1' }", 'token'],
    ['panos', "{ url: 'https://192.0.2.1' }", 'apiKey and username'],
    ['f5-afm', "{ url: 'https://192.0.2.1' }", 'username and password'],
    ['aws-network-firewall', '{ region: eu-west-1, firewall: out }', undefined],
    ['feed', '{ store: { folder: /var/feed } }', undefined],
    ['network-policy', '{}', undefined],
  ] as const)('misses a Secret where a point of kind %s cannot do without', async (adapter, config, keys) => {
    const secretOf = async (stdin: string) => {
      const { out, code } = await runPostern(['lint', '-f', '-', '-o', 'json'], { stdin });
      const { problems } = JSON.parse(out) as { problems: readonly { code: string; field: string; message: string }[] };
      return { code, found: problems.filter((problem) => problem.code === 'no-secret') };
    };
    const bare = point(adapter, config);
    const { code, found } = await secretOf(bare);
    expect([code, found.map(({ field }) => field)]).toEqual(keys === undefined ? [0, []] : [1, ['spec.secretRef']]);
    if (keys !== undefined) expect(found[0]?.message).toContain(`logs in with ${keys} of a Secret`);
    expect((await secretOf(bare.replace('config:', 'secretRef: { name: edge }, config:'))).found).toEqual([]);
  });
});
