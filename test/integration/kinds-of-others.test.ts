import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runPostern, type Ran } from '../../src/cli/testing/run-postern.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';

/* What is answered about a cluster that serves kinds which nobody here models, on a real API server. */

const crds = fileURLToPath(new URL('../../crds', import.meta.url));
const waiting = { timeout: 60_000, interval: 200 };

describe.runIf(hasKubeApiserver())('a cluster with kinds of others', () => {
  let server: KubeApiserver;
  const apply = async (text: string): Promise<void> => {
    expect(await server.kubectl(['apply', '--server-side', '-f', '-'], text)).toMatchObject({ code: 0 });
  };
  const listed = (path: string, status: number): Promise<void> =>
    vi.waitFor(async () => expect((await server.send('GET', path)).status).toBe(status), waiting);
  const postern = (...argv: readonly string[]): Promise<Ran> =>
    runPostern([...argv, '--kubeconfig', server.kubeconfig, '-o', 'json'], { environment: { cluster: 'blue' } });
  const asked = async (name: string): Promise<Record<string, unknown>> => {
    const { out, err } = await postern('why', name, 'example.com:443');
    expect(out, err).not.toBe('');
    return JSON.parse(out) as Record<string, unknown>;
  };

  beforeAll(async () => {
    server = await startKubeApiserver();
    expect(await server.kubectl(['apply', '-k', crds])).toMatchObject({ code: 0 });
    await listed('/apis/postern.dev/v1alpha1/egresspolicies', 200);
    await apply(world);
    for (const name of ['web', 'roaming', 'resolver'])
      expect(
        await server.kubectl(['patch', 'pod', name, '-n', home(name), '--subresource=status', '-p', running(name)]),
      ).toMatchObject({ code: 0 });
  });
  afterAll(() => server.stop());

  it('says that the pod cannot look the name up, where its own object leaves no doubt', async () => {
    const dnsOf = async (name: string): Promise<unknown> =>
      ((await asked(name))['layers'] as readonly { layer: string }[]).find(({ layer }) => layer === 'dns');
    expect(await dnsOf('shop/web')).toMatchObject({ verdict: 'Deny', rule: 'NetworkPolicy/shop/only-web' });
    expect(await dnsOf('shop/roaming')).toBeUndefined();
  });

  it('says on what an answer rests where an object gives pods addresses of which no point is told', async () => {
    await apply(definition('network.openshift.io', 'NetNamespace', 'netnamespaces'));
    await listed('/apis/network.openshift.io/v1/netnamespaces', 200);
    expect((await asked('shop/web'))['restsOn']).not.toContainEqual(expect.stringContaining('NetNamespace'));
    await apply(`
apiVersion: network.openshift.io/v1
kind: NetNamespace
metadata: { name: shop }
netname: shop
egressIPs: [192.0.2.9]`);
    const sentence = 'edge: assumed to see the pod before NetNamespace/shop translates its address to another address';
    expect((await asked('shop/web'))['restsOn']).toContain(sentence);
    const { out } = await postern('verify');
    const { known } = JSON.parse(out) as { known: readonly { assumed?: boolean; reason: string }[] };
    expect(known.filter(({ assumed }) => assumed).map(({ reason }) => reason)).toEqual([
      expect.stringContaining('before NetNamespace/shop has them leave under other addresses'),
    ]);
    const { out: found } = await postern('lint', '--live');
    expect(found).toContain('by NetNamespace/shop');
  });
});

function home(name: string): string {
  return name === 'resolver' ? 'kube-system' : 'shop';
}

function running(name: string): string {
  const ip = { web: '10.20.1.11', roaming: '10.20.1.12', resolver: '10.20.9.9' }[name];
  return JSON.stringify({ status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } });
}

function definition(group: string, kind: string, plural: string): string {
  return `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.${group} }
spec:
  group: ${group}
  scope: Cluster
  names: { kind: ${kind}, plural: ${plural}, singular: ${kind.toLowerCase()} }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }`;
}

const pod = (name: string, more: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${home(name)}, labels: { app: ${name} } }
spec: { automountServiceAccountToken: false, ${more} containers: [{ name: main, image: example/app }] }`;

const world = [
  `
apiVersion: v1
kind: Namespace
metadata: { name: shop }`,
  ...['shop', 'kube-system'].map(
    (namespace) => `
apiVersion: v1
kind: ServiceAccount
metadata: { name: default, namespace: ${namespace} }`,
  ),
  pod('web', ''),
  pod('roaming', 'dnsPolicy: Default,'),
  pod('resolver', ''),
  `
apiVersion: v1
kind: Service
metadata: { name: kube-dns, namespace: kube-system }
spec: { selector: { app: resolver }, ports: [{ name: dns, port: 53, protocol: UDP }, { name: dns-tcp, port: 53, protocol: TCP }] }`,
  `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: only-web, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ ports: [{ port: 443 }] }] }`,
  `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }`,
  `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: all, namespace: shop }
spec: { subject: { allPods: true }, to: [{ domainNames: [example.com], ports: [{ port: 443 }] }] }`,
].join('\n---');
