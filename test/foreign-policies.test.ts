import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFolder } from './kit/folders.ts';
import { runPostern, type Ran } from '../src/cli/testing/run-postern.ts';
import { intent, node } from './clusters/asked.ts';

/* What `verify` and `why` say of a cluster in which others have written network policies too. */

const pod = (name: string, app: string, more: { readonly hostNetwork?: boolean; readonly ip: string }): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: { app: ${app} } }
spec: { serviceAccountName: ${app}, nodeName: n1, hostNetwork: ${more.hostNetwork ?? false}, containers: [] }
status: { phase: Running, podIP: ${more.ip}, podIPs: [{ ip: ${more.ip} }] }`;

const edge = (vantage: string): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: fortigate, mode: Enforce, vantage: { type: ${vantage} }, clusterNetworks: [10.20.0.0/16], config: { url: 'https://192.0.2.1' } }`;

const network = (config = '{}'): string => `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: network }
spec: { adapter: network-policy, mode: Enforce, vantage: { type: Labels }, config: ${config} }`;

const base = [
  pod('web-1', 'web', { ip: '10.20.1.11' }),
  pod('batch-1', 'batch', { ip: '10.20.1.12' }),
  node,
  intent,
  edge('Pod'),
];

const networkPolicy = (spec: string): string => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: theirs, namespace: shop }
spec: ${spec}`;

const directory = aFolder();

async function postern(command: readonly string[], objects: readonly string[]): Promise<Ran> {
  const file = join(directory, 'objects.yaml');
  await writeFile(file, objects.join('\n---'));
  return runPostern([...command, '-f', file], { environment: { auditDir: directory } });
}

interface Sides {
  readonly consistent: boolean;
  readonly [side: string]: unknown;
}

async function verified(...objects: readonly string[]): Promise<{ readonly code: number; readonly found: Sides }> {
  const { code, out } = await postern(['verify', '-o', 'json'], objects);
  return { code, found: JSON.parse(out) as Sides };
}

interface Walked {
  readonly verdict: string;
  readonly sentence: string;
  readonly layers: readonly { readonly layer: string; readonly verdict: string; readonly rule: string }[];
}

async function walked(flow: string, ...objects: readonly string[]): Promise<Walked> {
  const { out } = await postern(['why', 'shop/web-1', flow, '-o', 'json'], objects);
  return JSON.parse(out) as Walked;
}

const somewhere = '203.0.113.7:443';

describe('NetworkPolicies of others', () => {
  it('isolate ingress alone where an empty list of egress is all they say', async () => {
    const { verdict } = await walked(somewhere, ...base, networkPolicy('{ podSelector: {}, egress: [] }'));
    expect(verdict).toBe('Accept');
  });

  it('that stop what is intended break an application, and are no bypass', async () => {
    const { code, found } = await verified(...base, networkPolicy('{ podSelector: {}, policyTypes: [Egress] }'));
    expect(code).toBe(3);
    expect(found).toMatchObject({
      perimeterOnly: [],
      blocked: [{ workload: 'Pod/web-1', rule: 'NetworkPolicy/shop/theirs' }],
    });
  });

  it('that cannot be read leave the answer unknown, by name', async () => {
    const bad = networkPolicy('{ podSelector: {}, policyTypes: Egress }');
    const { code, found } = await verified(...base, bad);
    expect(code).toBe(4);
    expect(found).toMatchObject({ consistent: false, unknown: [{ rule: 'NetworkPolicy/shop/theirs' }] });
    const why = await walked(somewhere, ...base, bad);
    expect(why).toMatchObject({
      verdict: 'Unknown',
      sentence: expect.stringContaining('NetworkPolicy/shop/theirs') as string,
    });
    expect(why.layers).toContainEqual(expect.objectContaining({ layer: 'network-policy', verdict: 'Unknown' }));
  });

  it.each([
    ['NetworkPolicy/shop/theirs', '{ cidr: 203.0.113.7/24 }', '203.0.113.7/24 has host bits'],
    ['NetworkPolicy/shop/theirs', '{ cidr: 203.0.113.0/24, except: [203.0.113.9/25] }', '203.0.113.9/25 has host bits'],
  ])('of which plugins make different things are unknown, and it is said why: %s, %s', async (rule, block, why) => {
    const loose = networkPolicy(
      `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: ${block} }] }] }`,
    );
    const { code, found } = await verified(...base, loose);
    expect(code).toBe(4);
    expect(found['unknown']).toMatchObject([{ rule, reason: expect.stringContaining(why) as string }]);
  });

  it.each([
    ['networking.k8s.io/v2', 'networking.k8s.io/v2 is later than v1'],
    ['networking.k8s.io/v1beta1', undefined],
  ])('of a version that is not understood are unknown: %s', async (version, why) => {
    const other = networkPolicy('{ podSelector: {}, policyTypes: [Ingress] }').replace('networking.k8s.io/v1', version);
    const { code, found } = await verified(...base, other);
    expect(code).toBe(why === undefined ? 0 : 4);
    expect(JSON.stringify(found['unknown'])).toContain(why ?? '[]');
  });

  it('that cannot be read and select other pods change nothing', async () => {
    const { code } = await verified(
      ...base,
      networkPolicy('{ podSelector: { matchLabels: { app: db } }, policyTypes: Egress }'),
    );
    expect(code).toBe(0);
  });

  it('bind no pod on the network of its node', async () => {
    const hostnet = pod('hostnet', 'batch', { hostNetwork: true, ip: '192.168.1.1' });
    const { code, found } = await verified(base[0] ?? '', hostnet, node, intent, edge('Node'), network());
    expect(code).toBe(3);
    expect(found).toMatchObject({ perimeterOnly: [{ workload: 'Pod/hostnet', point: 'edge' }] });
  });
});

const cilium = (spec: string): string => `
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: { name: c }
spec: ${spec}`;

describe('policies of network plugins', () => {
  it('are a network layer by themselves', async () => {
    const policy = cilium('{ endpointSelector: {}, egress: [{}], egressDeny: [{ toEntities: [world] }] }');
    const why = await walked(somewhere, ...base, policy);
    expect(why.verdict).toBe('Deny');
    expect(why.layers.at(-1)).toMatchObject({ layer: 'network-policy', rule: 'CiliumClusterwideNetworkPolicy/c' });
  });

  it('that select nobody, and speak of ingress, change nothing', async () => {
    const policy = cilium(
      '{ endpointSelector: { matchLabels: { k8s-app: nothing } }, ingress: [{ fromEntities: [cluster] }] }',
    );
    expect(await verified(...base, network(), policy)).toMatchObject({
      code: 0,
      found: { consistent: true, unknown: [] },
    });
  });

  it('that let out more than intended are found', async () => {
    const policy = `
apiVersion: crd.antrea.io/v1beta1
kind: ClusterNetworkPolicy
metadata: { name: out }
spec:
  priority: 1
  tier: emergency
  appliedTo: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }]
  egress: [{ action: Allow, to: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }]`;
    const { code, found } = await verified(...base, network(), policy);
    expect(code).toBe(3);
    expect(JSON.stringify(found)).toContain('ClusterNetworkPolicy.crd.antrea.io/out');
  });

  it.each([
    [
      'EKS',
      'apiVersion: networking.k8s.aws/v1alpha1\nkind: ApplicationNetworkPolicy\nmetadata: { name: out, namespace: shop }\nspec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ domainNames: ["*.example.com"] }] }] }',
    ],
    [
      'GKE',
      'apiVersion: networking.gke.io/v1alpha1\nkind: FQDNNetworkPolicy\nmetadata: { name: out, namespace: shop }\nspec: { podSelector: {}, egress: [{ matches: [{ pattern: "*.example.com" }] }] }',
    ],
  ])('of %s are not modelled, and told as unknown', async (_, policy) => {
    const { code, found } = await verified(...base, network(), `\n${policy}`);
    expect([code, found.consistent]).toEqual([4, false]);
    expect(JSON.stringify(found['unknown'])).toContain('NetworkPolicy/shop/out');
  });

  it('are read with the meaning that the named plugin gives to them', async () => {
    const named = `
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: { name: names }
spec: { tier: Admin, priority: 1, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ domainNames: [api.example.com] }] }] }`;
    const ask = async (config: string): Promise<string> => {
      const { layers } = await walked('api.example.com:443', ...base, network(config), named);
      return layers.find(({ rule }) => rule === 'ClusterNetworkPolicy/names')?.verdict ?? 'none';
    };
    expect(await ask('{}')).toBe('Unknown');
    expect(await ask('{ networkPlugin: Cilium }')).toBe('Deny');
    expect(await ask('{ networkPlugin: Calico }')).toBe('Deny');
  });
});

describe('flows that stay in the cluster', () => {
  it('are for network policies alone', async () => {
    const why = await walked(
      '10.20.1.12:8080',
      ...base,
      networkPolicy('{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }] }] }'),
    );
    expect(why).toMatchObject({
      verdict: 'Accept',
      layers: [{ layer: 'network-policy', rule: 'NetworkPolicy/shop/theirs' }],
    });
    expect(why.sentence).toContain('goes to pod shop/batch-1 and stays in the cluster');
  });
});
