import { describe, expect, it } from 'vitest';
import { intent as policy } from '../../../test/clusters/asked.ts';
import { runPostern } from '../testing/run-postern.ts';

/* A firewall that sees the addresses under which a network plugin, or a NAT, lets pods out. */

const pod = (name: string, address: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }
spec: { containers: [] }
status: { phase: Running, podIP: ${address} }`;

const egressIp = (selector: string): string => `
apiVersion: k8s.ovn.org/v1
kind: EgressIP
metadata: { name: prod }
spec: { egressIPs: [192.0.2.10], namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }, podSelector: ${selector} }`;

const point = (vantage: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, vantage: ${vantage} }`;

const [web, other] = [pod('web', '10.20.1.11'), pod('other', '10.20.1.12')];

async function run(command: readonly string[], ...documents: readonly string[]) {
  const { code, out } = await runPostern([...command, '-f', '-', '-o', 'json'], { stdin: documents.join('\n---\n') });
  return { code, json: JSON.parse(out) as Record<string, unknown> };
}

const flow = ['why', 'shop/web', '203.0.113.7:443'];
const bySelector = egressIp('{ matchLabels: { app: web } }');

describe('a point of vantage EgressIP', () => {
  it('lets out a pod under the address that an EgressIP gives it, and verify agrees', async () => {
    const world = [web, other, bySelector, policy, point('{ type: EgressIP }')];
    const { json } = await run(flow, ...world);
    expect(json).toMatchObject({ verdict: 'Accept' });
    expect(json['layers']).toContainEqual({
      layer: 'source',
      point: 'edge',
      verdict: 'Accept',
      rule: '192.0.2.10',
      reason: 'an egress address of the pod, shared with every other pod that has it',
    });
    expect((await run(['verify'], ...world)).json['perimeterOnly']).toEqual([]);
  });

  it('tells who else leaves under the address', async () => {
    const world = [web, other, egressIp('{}'), policy, point('{ type: EgressIP }')];
    const { json } = await run(['plan'], ...world);
    expect(JSON.stringify(json)).toContain(
      'Other workloads behind the egress addresses of pods app=web in namespace shop get the same access here: shop/Pod/other.',
    );
    const { code, json: judged } = await run(['verify'], ...world);
    expect(code).toBe(3);
    expect(judged['perimeterOnly']).toMatchObject([{ workload: 'Pod/other', destination: '203.0.113.0' }]);
  });

  it('says of whoever gains access by the address that others are why', async () => {
    const world = [web, other, egressIp('{}'), policy, point('{ type: EgressIP }')];
    const { json } = await run(['verify'], ...world);
    expect(json['perimeterOnly']).toMatchObject([
      { workload: 'Pod/other', reason: expect.stringContaining('under an address of workloads that may') as string },
    ]);
  });

  it('never meets a pod that is given no address: verify and lint say so', async () => {
    const world = [web, egressIp('{ matchLabels: { app: batch } }'), policy, point('{ type: EgressIP }')];
    expect((await run(flow, ...world)).json['sentence']).toContain('10.20.1.11 is not in its group');
    expect((await run(['verify'], ...world)).code).toBe(3);
    const { json } = await run(['lint'], ...world);
    expect(json['problems']).toContainEqual(
      expect.objectContaining({ code: 'no-egress-address', subject: 'EnforcementPoint/edge', severity: 'warning' }),
    );
  });

  it('knows the pools that it declares, and those of no object besides', async () => {
    const pools =
      '[{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }, allPods: true, networks: [198.51.100.0/30] }]';
    const world = [web, policy, point(`{ type: EgressIP, pools: ${pools} }`)];
    expect((await run(flow, ...world)).json).toMatchObject({ verdict: 'Accept' });
    expect((await run(['verify'], ...world)).code).toBe(0);
    const elsewhere = await run(['lint'], ...world.slice(0, 2), point(`{ type: Pod, pools: ${pools} }`));
    expect(elsewhere.json['problems']).toContainEqual(expect.objectContaining({ code: 'pools-forbidden' }));
  });

  it('says where an object gives its addresses to some destinations alone', async () => {
    const cilium = `
apiVersion: cilium.io/v2
kind: CiliumEgressGatewayPolicy
metadata: { name: gw }
spec:
  selectors: [{ podSelector: { matchLabels: { app: web } } }]
  destinationCIDRs: [203.0.113.0/24]
  egressGateway: { nodeSelector: {}, egressIP: 192.0.2.11 }`;
    const { json } = await run(['lint'], web, cilium, policy, point('{ type: EgressIP }'));
    expect(json['problems']).toContainEqual(
      expect.objectContaining({
        code: 'egress-address-for-some',
        message: expect.stringContaining('gives its addresses on the way to 203.0.113.0/24 alone') as unknown,
      }),
    );
  });
});

it('meets a pod under its own address in a family in which it was given none', async () => {
  const v6 = { ip: '2001:db8::11', policy: policy.replace('203.0.113.0/24', '"2001:db8:ffff::/48"') };
  const dual = web.replace('podIP: 10.20.1.11', `podIP: 10.20.1.11, podIPs: [{ ip: 10.20.1.11 }, { ip: "${v6.ip}" }]`);
  const world = [dual, bySelector, v6.policy, point('{ type: EgressIP }')];
  const { json } = await run(['why', 'shop/web', '[2001:db8:ffff::5]:443'], ...world);
  expect(json['verdict']).toBe('Deny');
  expect(json['layers']).toContainEqual(expect.objectContaining({ layer: 'source', rule: v6.ip }));
  expect(JSON.stringify(json)).not.toContain('it has no IPv6 address');
  expect((await run(['verify'], ...world)).code).toBe(3);
});

describe('an object of a plugin that Postern does not follow', () => {
  const spec = (selector: string): string => `spec: { egressGatewayName: gw, appliedTo: { podSelector: ${selector} } }`;
  const namespaced = (selector: string): string => `
apiVersion: egressgateway.spidernet.io/v1beta1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
${spec(selector)}`;
  const isovalent = `
apiVersion: isovalent.com/v1
kind: IsovalentEgressGatewayPolicy
metadata: { name: gw }
spec: { selectors: [{ podSelector: { matchLabels: { app: web } } }], destinationCIDRs: [0.0.0.0/0], egressGroups: [{ egressIP: 192.0.2.11 }] }`;

  const others = (apiVersion: string, kind: string, metadata: string, rest: string): string =>
    `\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { ${metadata} }\n${rest}`;
  const kubeOvn = (rest: string): string =>
    others(
      'kubeovn.io/v1',
      'VpcEgressGateway',
      'name: gw, namespace: ops',
      `spec: { externalSubnet: macvlan, ${rest} }`,
    );

  it.each([
    ['VpcEgressGateway/ops/gw', kubeOvn('selectors: [{ podSelector: { matchLabels: { app: web } } }]')],
    ['VpcEgressGateway/ops/gw', kubeOvn('policies: [{ snat: true, ipBlocks: [10.20.1.11/32] }]')],
    [
      'CiliumEgressNATPolicy/nat',
      others(
        'cilium.io/v2alpha1',
        'CiliumEgressNATPolicy',
        'name: nat',
        'spec: { egress: [{ podSelector: { matchLabels: { app: web } } }], destinationCIDRs: [0.0.0.0/0], egressSourceIP: 192.0.2.11 }',
      ),
    ],
    ['EgressPolicy.egressgateway.spidernet.io/shop/web', namespaced('{ matchLabels: { app: web } }')],
    [
      'EgressClusterPolicy/web',
      namespaced('{ matchLabels: { app: web } }')
        .replace('EgressPolicy', 'EgressClusterPolicy')
        .replace(', namespace: shop', ''),
    ],
    [
      'EgressPolicy.egressgateway.spidernet.io/shop/web',
      namespaced('{}').replace('podSelector: {}', 'podSubnet: [10.20.1.11/32]'),
    ],
    ['IsovalentEgressGatewayPolicy/gw', isovalent],
  ])('is what an answer rests on: %s', async (id, object) => {
    const world = [web, other, object, policy, point('{ type: Pod }')];
    const { restsOn } = (await run(flow, ...world)).json;
    expect(restsOn).toContain(`edge: assumed to see the pod before ${id} translates its address to another address`);
    const unselected = await run(['why', 'shop/other', '203.0.113.7:443'], ...world);
    expect(JSON.stringify(unselected.json['restsOn'])).not.toContain(id);
    const { problems } = (await run(['lint'], ...world)).json;
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'egress-address', message: expect.stringContaining(`by ${id}, `) as unknown }),
    );
    expect((await run(['plan'], ...world)).code).toBe(2);
  });
});

describe('an object that takes whole namespaces and is not followed', () => {
  const sdn = (more: string): string => `
apiVersion: network.openshift.io/v1
kind: NetNamespace
metadata: { name: shop }
netname: shop
netid: 77${more}`;
  const route = (namespace: string): string => `
apiVersion: k8s.ovn.org/v1
kind: AdminPolicyBasedExternalRoute
metadata: { name: out }
spec: { from: { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ${namespace} } } }, nextHops: { static: [{ ip: 192.0.2.1 }] } }`;

  it.each([
    ['NetNamespace/shop', sdn('\negressIPs: [192.0.2.11]'), true],
    ['NetNamespace/shop', sdn(''), false],
    ['NetNamespace/shop', sdn('\negressIPs: [192.0.2.11]').replaceAll('shop', 'crm'), false],
    ['AdminPolicyBasedExternalRoute/out', route('shop'), true],
    ['AdminPolicyBasedExternalRoute/out', route('crm'), false],
    [
      'VpcEgressGateway/ops/gw',
      `
apiVersion: kubeovn.io/v1
kind: VpcEgressGateway
metadata: { name: gw, namespace: ops }
spec: { policies: [{ snat: true, subnets: [any] }] }`,
      true,
    ],
  ])('%s: %s', async (id, object, takes) => {
    const { restsOn } = (await run(flow, web, object, policy, point('{ type: Pod }'))).json;
    const said = `edge: assumed to see the pod before ${id} translates its address to another address`;
    expect((restsOn as readonly string[]).includes(said)).toBe(takes);
  });
});

describe('an object that gives its addresses on the way to some destinations alone', () => {
  const cilium = (limits: string): string => `
apiVersion: cilium.io/v2
kind: CiliumEgressGatewayPolicy
metadata: { name: gw }
spec:
  selectors: [{ podSelector: { matchLabels: { app: web } } }]
  egressGateway: { nodeSelector: {}, egressIP: 192.0.2.11 }
  ${limits}`;
  const world = (limits: string) => [web, cilium(limits), policy, point('{ type: EgressIP }')] as const;

  it.each([
    ['destinationCIDRs: [203.0.113.0/24]', 'Accept', 0],
    ['destinationCIDRs: [0.0.0.0/0]', 'Accept', 0],
    ['destinationCIDRs: [198.51.100.0/24]', 'Deny', 3],
    ['{ destinationCIDRs: [0.0.0.0/0], excludedCIDRs: [203.0.113.0/25] }', 'Deny', 3],
    ['{ destinationCIDRs: [0.0.0.0/0], excludedCIDRs: [203.0.113.128/25] }', 'Accept', 3],
  ])('%s: the pod leaves elsewhere under its own', async (limits, verdict, code) => {
    const written = limits.replace(/^\{ (.*), (excluded.*) \}$/, '$1\n  $2');
    const why = await run(flow, ...world(written));
    expect(why.json['verdict']).toBe(verdict);
    if (verdict === 'Deny')
      expect(JSON.stringify(why.json)).toContain('for CiliumEgressGatewayPolicy/gw leaves the destination out');
    expect((await run(['verify'], ...world(written))).code).toBe(code);
  });

  it('is told by lint', async () => {
    const { json } = await run(['lint'], ...world('destinationCIDRs: [0.0.0.0/0]\n  excludedCIDRs: [203.0.113.0/25]'));
    expect(json['problems']).toContainEqual(
      expect.objectContaining({
        code: 'egress-address-for-some',
        message: expect.stringContaining('leads past its gateways on the way to 203.0.113.0/25') as unknown,
      }),
    );
  });
});

describe("a point that knows pods by their own addresses, or by their nodes'", () => {
  const before = 'edge: assumed to see the pod before EgressIP/prod translates its address to 192.0.2.10';

  it.each(['Pod', 'Node'])('(%s) says on what its answer rests', async (type) => {
    const world = [web, other, bySelector, policy, point(`{ type: ${type} }`)];
    expect((await run(flow, ...world)).json['restsOn']).toContain(before);
    expect((await run(['why', 'shop/other', '203.0.113.7:443'], ...world)).json['restsOn']).not.toContain(before);
  });

  it('is what matrix and report take for granted, too', async () => {
    const stdin = [web, bySelector, policy, point('{ type: Pod }')].join('\n---\n');
    const assumed = 'it is assumed to meet pods before EgressIP/prod has them leave under other addresses';
    const matrix = await runPostern(['matrix', '-f', '-'], { stdin });
    expect(matrix.code).toBe(0);
    expect(matrix.err).toContain(`info: EnforcementPoint/edge spec.vantage.type: ${assumed}`);
    const report = await runPostern(['report', '-f', '-'], { stdin });
    expect(report.out.replaceAll(/\s+/g, ' ')).toContain(assumed);
  });

  it('says nothing of it at a point that knows the address', async () => {
    const { json } = await run(flow, web, bySelector, policy, point('{ type: EgressIP }'));
    expect(json['restsOn']).not.toContain(before);
  });
});
