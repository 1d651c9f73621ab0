import { describe, expect, it } from 'vitest';
import { perimeterTo, pod, why } from './testing/why.ts';

/* `postern why` of a name that the pod cannot look up, since policies close the way to the DNS of the cluster. */

const web = pod('web', '2026-01-01T00:00:00Z');
const perimeter = perimeterTo('domainNames: [example.com]');

function dns(namespace: string, service: string, label: string, targetPort: string, more = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: resolver, namespace: ${namespace}, labels: { ${label} } }
spec: { containers: [{ name: dns, ports: [{ name: dns, containerPort: 5353, protocol: UDP }, { name: dns-tcp, containerPort: 5353, protocol: TCP }] }] }
status: { phase: Running, podIPs: [{ ip: 10.20.9.9 }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${service}, namespace: ${namespace}${more} }
spec:
  clusterIP: 10.96.0.10
  selector: { ${label} }
  ports: [{ name: dns, port: 53, protocol: UDP, targetPort: ${targetPort} }, { name: dns-tcp, port: 53, protocol: TCP, targetPort: ${targetPort === '53' ? '53' : `${targetPort}-tcp`} }]`;
}
const kubeDns = dns('kube-system', 'kube-dns', 'k8s-app: kube-dns', '53');
const space = `
apiVersion: v1
kind: Namespace
metadata: { name: kube-system }`;

const policy = (...egress: readonly string[]): string => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: only-web, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress], egress: [${['{ ports: [{ port: 443 }] }', ...egress].join(', ')}] }`;
const toDns = (ports: string): string =>
  `{ to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }, podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [${ports}] }`;
const ofSecurityGroups = `
apiVersion: vpcresources.k8s.aws/v1beta1
kind: SecurityGroupPolicy
metadata: { name: groups, namespace: shop }
spec: { podSelector: {} }`;
const udp = '{ port: 53, protocol: UDP }';
const tcp = '{ port: 53, protocol: TCP }';
const ask = (...documents: readonly string[]): ReturnType<typeof why> =>
  why('shop/web', 'example.com:443', web, perimeter, space, ...documents);
const dnsStep = ({ layers }: Awaited<ReturnType<typeof why>>) => layers.find(({ layer }) => layer === 'dns');

describe('postern why of a name that the pod cannot look up', () => {
  it('keeps the verdict of the flow, and says which policy closes DNS', async () => {
    const answer = await ask(kubeDns, policy());
    expect(answer).toMatchObject({ verdict: 'Accept', policy: 'EgressPolicy/shop/all' });
    expect(answer.layers.map(({ layer }) => layer)).toEqual(['intent', 'dns', 'network-policy', 'source', 'perimeter']);
    expect(dnsStep(answer)).toMatchObject({ verdict: 'Deny', point: null, rule: 'NetworkPolicy/shop/only-web' });
    expect(answer.sentence).toMatch(
      /is allowed by EgressPolicy\/shop\/all, through edge \(\S+\)\. But the application cannot resolve example\.com: NetworkPolicy\/shop\/only-web isolates the pod, and no rule lets the destination through, so the pod does not reach port 53 \(UDP and TCP\) of kube-system\/kube-dns, the DNS of the cluster; permit it in a network policy, unless the pod has another resolver\.$/,
    );
  });

  it.each([
    ['the policy lets DNS through', [kubeDns, policy(toDns(`${udp}, ${tcp}`))]],
    ['it permits UDP alone, over which resolvers ask first', [kubeDns, policy(toDns(udp))]],
    ['it permits port 53 to anywhere', [kubeDns, policy(`{ ports: [${udp}, ${tcp}] }`)]],
    ['nobody isolates the pod', [kubeDns]],
    ['a policy may close it that is not modelled', [kubeDns, ofSecurityGroups]],
    ['no DNS of the cluster is in the input', [policy()]],
    ['the pods of DNS are not in the input', [kubeDns.slice(kubeDns.indexOf('---') + 4), policy()]],
  ])('says nothing where %s', async (_, documents) => {
    const answer = await ask(...documents);
    expect(dnsStep(answer)).toBeUndefined();
    expect(answer.sentence).not.toContain('resolve');
  });

  it('says nothing of an address, nor of a pod that asks another resolver or needs none', async () => {
    const about = (documents: string, to = 'example.com:443') =>
      why('shop/web', to, documents, perimeter, space, kubeDns, policy());
    expect(dnsStep(await about(web, '203.0.113.7:443'))).toBeUndefined();
    for (const spec of [
      'dnsPolicy: Default',
      'dnsPolicy: None, dnsConfig: { nameservers: [203.0.113.53] }',
      'dnsPolicy: ClusterFirst, dnsConfig: { nameservers: [203.0.113.53] }',
      'hostAliases: [{ ip: 203.0.113.7, hostnames: [Example.com] }]',
      'hostNetwork: true, nodeName: n1',
    ])
      expect(dnsStep(await about(web.replace('spec: {', `spec: { ${spec},`)))).toBeUndefined();
    expect(dnsStep(await about(web.replace('spec: {', 'spec: { dnsPolicy: ClusterFirst,')))).toBeDefined();
  });

  it.each([
    ['UDP alone is closed', [kubeDns, policy(toDns(tcp))], 'over TCP it may'],
    [
      'nodes have a cache that the policy does not permit',
      [kubeDns, pod('cache', '2026-01-01T00:00:00Z').replace('app: cache', 'k8s-app: node-local-dns'), policy()],
      'a cache on its node may answer',
    ],
    [
      'a proxy may answer',
      [
        kubeDns,
        policy(),
        'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { istio.io/dataplane-mode: ambient } }',
      ],
      'its proxy may answer',
    ],
  ])('does not know where %s', async (_, documents, reason) => {
    const answer = await ask(...documents);
    expect(dnsStep(answer)).toMatchObject({ verdict: 'Unknown', reason: expect.stringContaining(reason) as string });
    expect(answer.sentence).toContain('But the application may not be able to resolve example.com');
  });

  it('does not know of a workload, whose template may name another resolver', async () => {
    const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop }
spec:
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec: { dnsPolicy: None, dnsConfig: { nameservers: [203.0.113.53] }, containers: [{ name: api }] }`;
    const answer = await why('shop/api', 'example.com:443', workload, perimeter, space, kubeDns, policy());
    expect(dnsStep(answer)).toMatchObject({
      verdict: 'Unknown',
      reason: expect.stringContaining('dnsPolicy') as string,
    });
  });

  it('does not know where a policy permits the address of the Service, and not the pods behind it', async () => {
    const permitted = policy(`{ to: [{ ipBlock: { cidr: 10.96.0.0/12 } }], ports: [${udp}, ${tcp}] }`);
    const reason = expect.stringContaining('the address of its Service is permitted') as string;
    expect(dnsStep(await ask(kubeDns, permitted))).toMatchObject({ verdict: 'Unknown', reason });
  });

  it('names the Service that pods ask, and not the one that caches on nodes do', async () => {
    const upstream = dns(
      'kube-system',
      'kube-dns-upstream',
      'k8s-app: kube-dns',
      '53',
      ', labels: { k8s-app: kube-dns }',
    );
    const both = upstream.replace('10.96.0.10', '10.96.0.11') + kubeDns.slice(kubeDns.indexOf('---') - 1);
    expect(dnsStep(await ask(both, policy()))?.reason).toContain('of kube-system/kube-dns, the DNS');
  });

  it('takes a permitted cache of the node for enough', async () => {
    const cache = pod('cache', '2026-01-01T00:00:00Z').replace('app: cache', 'k8s-app: node-local-dns');
    const permitted = policy(`{ to: [{ ipBlock: { cidr: 169.254.20.10/32 } }], ports: [${udp}] }`);
    expect(dnsStep(await ask(kubeDns, cache, permitted))).toBeUndefined();
  });

  it('goes by the port of the pods, which in OpenShift is another one', async () => {
    const openShift = dns('openshift-dns', 'dns-default', 'a: dns', 'dns');
    const at = (port: number) =>
      `{ to: [{ namespaceSelector: {} }], ports: [{ port: ${port}, protocol: UDP }, { port: ${port}, protocol: TCP }] }`;
    expect(dnsStep(await ask(openShift, policy(at(5353))))).toBeUndefined();
    expect(dnsStep(await ask(openShift, policy(at(53))))?.reason).toContain('openshift-dns/dns-default');
  });

  it.each([
    ['CiliumNetworkPolicy', 'cilium.io/v2', '{ endpointSelector: {}, egress: [{ toEntities: [world] }] }'],
    [
      'AdminNetworkPolicy',
      'policy.networking.k8s.io/v1alpha1',
      '{ priority: 5, subject: { namespaces: {} }, egress: [{ action: Deny, to: [{ namespaces: {} }] }] }',
    ],
  ])(
    'reads %s, too, and tells it of a flow that stays in the cluster and of one that is denied',
    async (kind, apiVersion, spec) => {
      const closing = `\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: closing, ${kind === 'AdminNetworkPolicy' ? '' : 'namespace: shop'} }\nspec: ${spec}`;
      for (const to of ['example.com:443', 'other.example.com:443', 'kube-dns.kube-system.svc:53']) {
        const answer = await why('shop/web', to, web, perimeter, space, kubeDns, closing);
        expect(dnsStep(answer)).toMatchObject({ verdict: 'Deny', rule: expect.stringMatching(`^${kind}/`) as string });
        const also = answer.verdict === 'Accept' ? 'But' : 'Besides,';
        expect(answer.sentence).toContain(`${also} the application cannot resolve`);
      }
    },
  );
});
