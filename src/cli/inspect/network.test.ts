import { describe, expect, it } from 'vitest';
import { runPostern } from '../testing/run-postern.ts';

/* A firewall that sees a network beside the pod network, to which Multus attaches pods. */

const pod = (name: string, address: string, status: string | undefined, more = ''): string => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
  labels: { app: ${name} }${status === undefined ? '' : `\n  annotations: { k8s.v1.cni.cncf.io/network-status: '${status}' }`}
spec: { containers: []${more} }
status: { phase: Running, podIP: ${address} }`;

const on = (...addresses: readonly string[]): string =>
  JSON.stringify([
    { name: 'cbr0', interface: 'eth0', ips: ['10.20.1.11'], default: true, dns: {} },
    { name: 'telco/sriov-a', interface: 'net1', ips: addresses, mac: '02:00:00:00:00:01', dns: {} },
  ]);

const policy = (name: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: ${name}, namespace: shop }
spec:
  subject: { podSelector: { matchLabels: { app: ${name} } } }
  to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }]`;

const point = (vantage = '{ type: Pod, network: { name: telco/sriov-a, ranges: [10.9.0.0/24] } }'): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, vantage: ${vantage} }`;

async function run(command: readonly string[], ...documents: readonly string[]) {
  const { code, out } = await runPostern([...command, '-f', '-', '-o', 'json'], { stdin: documents.join('\n---\n') });
  return { code, text: out, json: JSON.parse(out) as Record<string, unknown> };
}

const flow = ['why', 'shop/web', '203.0.113.7:443'];

/** What would be written for web, and what is said of it. */
async function told(...documents: readonly string[]) {
  const world = [...documents, policy('web'), point()];
  const [plan, why, verify, lint] = [
    await run(['plan'], ...world),
    await run(flow, ...world),
    await run(['verify'], ...world),
    await run(['lint'], ...world),
  ];
  return { plan, why, verify, lint };
}

describe('a point that sees a network beside the pod network', () => {
  it('knows pods by the addresses that they have there', async () => {
    const { plan, why, verify, lint } = await told(pod('web', '10.20.1.11', on('10.9.0.5')));
    expect(plan.text).toContain('10.9.0.5');
    expect(plan.text).not.toContain('10.20.1.11');
    expect(why.json).toMatchObject({ verdict: 'Accept' });
    expect(why.json['layers']).toContainEqual({
      layer: 'source',
      point: 'edge',
      verdict: 'Accept',
      rule: '10.9.0.5',
      reason: 'the address of the pod on the network of the point, as its annotation says',
    });
    expect(verify).toMatchObject({ code: 0, json: { consistent: true } });
    expect(lint.text).not.toMatch(/network-address/);
  });

  it('gives nothing to a pod that is not on it', async () => {
    const { plan, why, lint } = await told(pod('web', '10.20.1.11', undefined));
    expect(plan.text).not.toContain('10.20.1.11');
    expect(why.json).toMatchObject({
      verdict: 'Deny',
      sentence: expect.stringContaining('the pod is not on network telco/sriov-a') as string,
    });
    expect(lint.text).toContain('no-network-address');
  });

  it.each([
    ['is no JSON', 'sriov-a', /does not have the form of its specification/],
    ['is no list', '{"name":"telco/sriov-a","ips":["10.9.0.5"]}', /not have the form/],
    ['has no address for one', '[{"name":"telco/sriov-a","ips":["10.9.0"]}]', /not have the form/],
    [
      'claims more than a plugin gives',
      on(...Array.from({ length: 17 }, (_, n) => `10.9.0.${n}`)),
      /not have the form/,
    ],
    [
      'leaves the ranges of the network',
      on('10.9.1.5'),
      /10\.9\.1\.5 on network telco\/sriov-a is in none of the ranges/,
    ],
  ])('says that it does not believe an annotation that %s', async (_, status, why) => {
    const found = await told(pod('web', '10.20.1.11', status));
    expect(found.plan.text).not.toMatch(/"10\.9\.[01]\.\d/);
    expect(found.why.json['verdict']).toBe('Unknown');
    expect(found.why.json['sentence']).toMatch(why);
    expect(found.verify.code).toBe(4);
    expect(JSON.stringify(found.verify.json['unknown'])).toMatch(why);
    expect(found.lint.text).toContain('doubtful-network-address');
  });

  it('gives nobody an address that another live pod has', async () => {
    const forged = pod('web', '10.20.1.11', on('10.9.0.7'));
    for (const victim of [pod('db', '10.20.1.12', on('10.9.0.7')), pod('db', '10.9.0.7', undefined)]) {
      const { plan, why, verify } = await told(forged, victim, policy('db'));
      expect(plan.text).not.toContain('10.9.0.7');
      expect(why.json['sentence']).toContain('10.9.0.7 on network telco/sriov-a is also claimed by pod shop/db');
      expect(verify.code).toBe(4);
    }
  });

  it('takes no network policy of the pod network for a wall there', async () => {
    const networkPolicy = (group: string): string => `
apiVersion: ${group}
kind: ${group.startsWith('k8s.cni') ? 'Multi' : ''}NetworkPolicy
metadata: { name: deny, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress] }`;
    const isolated = [pod('web', '10.20.1.11', on('10.9.0.5')), networkPolicy('networking.k8s.io/v1')];
    const { why, verify } = await told(...isolated);
    expect(why.json['verdict']).toBe('Accept');
    expect(why.text).toContain('no network policy binds a pod on network telco/sriov-a, beside the pod network');
    expect(verify.code).toBe(0);
    const inCluster = point('{ type: Labels }').replace('edge', 'network').replace('memory', 'network-policy');
    const open = point().replace('mode: Enforce', 'mode: Enforce, defaultAction: Accept');
    const around = await run(['verify'], ...isolated, policy('web'), inCluster, open);
    expect([around.code, around.json['perimeterOnly']]).toEqual([
      3,
      [expect.objectContaining({ point: 'edge', rule: 'default' })],
    ]);
    const other = await told(...isolated, networkPolicy('k8s.cni.cncf.io/v1beta1'));
    expect([other.why.json['verdict'], other.verify.code]).toEqual(['Unknown', 4]);
  });

  it('leaves to network policies what also has to pass a point on the pod network', async () => {
    const isolation = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress] }`;
    const inner = point('{ type: Pod }').replace('edge', 'inner');
    const { why, verify } = await told(pod('web', '10.20.1.11', on('10.9.0.5')), isolation, inner);
    expect(why.json['verdict']).toBe('Deny');
    expect(why.text).not.toContain('beside the pod network');
    expect([verify.code, verify.text]).toEqual([3, expect.stringContaining('deny')]);
  });

  it('leaves pods of the pod network to network policies, and those of other networks out of it', async () => {
    const policies = `
apiVersion: k8s.cni.cncf.io/v1beta1
kind: MultiNetworkPolicy
metadata: { name: deny, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress] }`;
    const world = [pod('web', '10.20.1.11', on('10.9.0.5')), policy('web'), policies, point('{ type: Pod }')];
    expect((await run(flow, ...world)).json['verdict']).toBe('Accept');
    const isolated = [
      ...world,
      policies.replace('k8s.cni.cncf.io/v1beta1', 'networking.k8s.io/v1').replace('Multi', ''),
    ];
    expect((await run(flow, ...isolated)).json['verdict']).toBe('Deny');
  });

  it('is for a vantage of pods alone, and names where its addresses lie', async () => {
    const wrong = async (vantage: string): Promise<string> => (await run(['lint'], point(vantage))).text;
    expect(await wrong('{ type: Node, network: { name: telco/sriov-a, ranges: [10.9.0.0/24] } }')).toContain(
      'only type Pod has a network',
    );
    expect(await wrong('{ type: Pod, network: { name: telco/sriov-a } }')).toContain('spec.vantage.network.ranges');
    expect(await wrong('{ type: Pod, network: { name: "telco/ sriov", ranges: [10.9.0.0/24] } }')).toContain(
      'spec.vantage.network.name',
    );
  });
});
