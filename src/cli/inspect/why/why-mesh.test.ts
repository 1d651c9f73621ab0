import { describe, expect, it } from 'vitest';
import type { Why } from '../../../verify/why/step.ts';
import { runPostern } from '../../testing/run-postern.ts';
import { why } from './testing/why.ts';

/* `postern why` on files: flows that the mesh sends elsewhere, or takes for another protocol. */

const meshed = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { serviceAccountName: web, containers: [] }
status: { phase: Running, podIPs: [{ ip: 10.20.1.11 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: '{ outboundTrafficPolicy: { mode: REGISTRY_ONLY } }' }
---
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce }`;

function entry(host: string, spec: string, created = '2026-01-01T00:00:00Z'): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.split('.')[0] ?? ''}, namespace: shop, creationTimestamp: '${created}' }
spec: { hosts: [${host}], location: MESH_EXTERNAL, resolution: DNS, ${spec} }`;
}

function policy(...to: readonly string[]): string {
  const items = to.map((item) => {
    const [host = '', port = ''] = item.split(':');
    return `{ domainNames: [${host}], ports: [{ port: ${port} }] }`;
  });
  return `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [${items.join(', ')}] }`;
}

const mysql = 'ports: [{ number: 3306, name: tcp, protocol: TCP }]';
const databases = [entry('db-a.example.com', mysql), entry('db-b.example.com', mysql, '2026-01-02T00:00:00Z')].join(
  '\n---\n',
);

describe('postern why, where the mesh sends a flow elsewhere', () => {
  it('says what to write where the mesh knows no such service', async () => {
    const { sentence } = await why('shop/web-1', 'db-b.example.com:3306', meshed, policy('db-b.example.com:3306'));
    expect(sentence).toMatch(
      /the policy is REGISTRY_ONLY; write a ServiceEntry for it, or add a point with adapter istio/,
    );
  });

  it('goes past the sidecar where the whole mesh excludes its port, which istio-init alone says', async () => {
    const init = "[{ name: istio-init, args: [istio-iptables, -m, REDIRECT, -i, '*', -x, '', -o, '3306'] }]";
    const excluded = meshed
      .replace('labels: { app: web } }', "labels: { app: web }, annotations: { sidecar.istio.io/status: '{}' } }")
      .replace('containers: []', `containers: [], initContainers: ${init}`);
    const flow = ['shop/web-1', 'db-b.example.com:3306'] as const;
    const { layers } = await why(...flow, excluded, policy('db-b.example.com:3306'));
    expect(JSON.stringify(layers)).toMatch(/istio-init -o.*takes port 3306 around the sidecar/);
  });

  it('names the endpoint that leaves for a permitted name, and that no policy permits the address', async () => {
    const at = `addresses: [198.51.100.9], endpoints: [{ address: 192.0.2.77 }], ${mysql}`;
    const { verdict, sentence } = await why(
      'shop/web-1',
      'db-a.example.com:3306',
      meshed,
      entry('db-a.example.com', at).replace('resolution: DNS', 'resolution: STATIC'),
      policy('db-a.example.com:3306'),
    );
    expect(verdict).toBe('Deny');
    expect(sentence).toMatch(
      /blocked at edge because .*; what leaves is 192\.0\.2\.77:3306, by ServiceEntry\/shop\/db-a, and no policy permits that: /,
    );
  });

  it('says that a permitted flow is taken by a ServiceEntry without addresses, and what becomes of it', async () => {
    const {
      verdict,
      policy: by,
      sentence,
    } = await why('shop/web-1', 'db-b.example.com:3306', meshed, databases, policy('db-b.example.com:3306'));
    expect([verdict, by]).toEqual(['Deny', 'EgressPolicy/shop/web']);
    expect(sentence).toMatch(
      /^shop\/web-1 to db-b\.example\.com:3306\/TCP is permitted by EgressPolicy\/shop\/web and does not get there: ServiceEntry\/shop\/db-a has no addresses, and so takes whatever goes to port 3306, and the mesh sends it to db-a\.example\.com:3306\. That is permitted by no policy, and is stopped at edge because/,
    );
    expect(sentence).not.toMatch(/write an EgressPolicy/);
  });

  it('does not call a forbidden flow allowed because it would be taken to a permitted host', async () => {
    const answer = await why('shop/web-1', 'db-b.example.com:3306', meshed, databases, policy('db-a.example.com:3306'));
    expect(answer).toMatchObject({ verdict: 'Deny', policy: null });
    expect(answer.sentence).toMatch(
      /is permitted by no policy and does not get there: .*db-a\.example\.com:3306\. That is permitted by EgressPolicy\/shop\/web, and gets out, through edge/,
    );
  });

  it('names the VirtualService that leads to another host', async () => {
    const route = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: moved, namespace: shop }
spec:
  hosts: [api.example.com]
  tls: [{ match: [{ sniHosts: [api.example.com] }], route: [{ destination: { host: other.example.com } }] }]`;
    const tls = 'ports: [{ number: 443, name: tls, protocol: TLS }]';
    const hosts = [entry('api.example.com', tls), entry('other.example.com', tls), route];
    const answer = await why('shop/web-1', 'api.example.com:443', meshed, ...hosts, policy('api.example.com:443'));
    const { verdict, layers, sentence } = answer;
    expect(verdict).toBe('Deny');
    expect(layers.find((step) => step.layer === 'sidecar')).toMatchObject({
      verdict: 'Deny',
      rule: 'VirtualService/shop/moved',
      advice: 'change VirtualService/shop/moved if that is not intended',
    });
    expect(sentence).toMatch(
      /VirtualService\/shop\/moved leads to other\.example\.com port 443, and the mesh sends it/,
    );
  });

  it('names the target port through which a permitted flow leaves instead', async () => {
    const http = 'ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 8080 }]';
    const documents = [meshed, entry('api.example.com', http), policy('api.example.com:80')];
    const answer = await why('shop/web-1', 'api.example.com:80', ...documents);
    expect(answer).toMatchObject({ verdict: 'Deny', policy: 'EgressPolicy/shop/web' });
    expect(answer.sentence).toMatch(
      /and leaves by another port: ServiceEntry\/shop\/api has targetPort 8080 for port 80, .*\. That is permitted by no policy, and is stopped at edge because .*; name that port in the policy/,
    );
  });

  it('calls nothing blocked that an object which cannot be read may let out, and names that object', async () => {
    const broken = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: db, namespace: shop }
spec: { hosts: [db.example.com], location: MESH_EXTERNAL, ports: [{ number: '3306', name: tcp, protocol: TCP }] }`;
    const permits = `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: db, namespace: shop }
spec: { subject: { allPods: true }, to: [{ domainNames: [db.example.com], ports: [{ port: 3306 }] }] }`;
    const { code, out } = await runPostern(['why', 'shop/web-1', 'db.example.com:3306', '-f', '-', '-o', 'json'], {
      stdin: [meshed, permits, broken].join('\n---\n'),
    });
    const answer = JSON.parse(out) as Why;
    expect([code, answer.verdict]).toEqual([0, 'Unknown']);
    expect(answer.sentence).toMatch(/whether it gets out is unknown: ServiceEntry\/shop\/db cannot be read/);
  });

  it('says nothing of it where a flow gets to what it asked for', async () => {
    const addressed = entry('db-c.example.com', `${mysql}, addresses: [203.0.113.10]`);
    const asked = [meshed, addressed, policy('db-c.example.com:3306')];
    const byName = await why('shop/web-1', 'db-a.example.com:3306', meshed, databases, policy('db-a.example.com:3306'));
    expect(byName).toMatchObject({ verdict: 'Accept', sentence: expect.stringContaining('is allowed by') as string });
    const byAddress = await why('shop/web-1', '203.0.113.10:3306', ...asked);
    expect(byAddress).toMatchObject({ verdict: 'Accept', policy: 'EgressPolicy/shop/web' });
  });
});

describe('postern why, of a cluster that nobody names', () => {
  it('calls rules as they are called where its points wrote to', async () => {
    const { layers } = await why(
      'shop/web-1',
      '203.0.113.7:443',
      `${meshed.slice(0, meshed.indexOf('apiVersion: v1\nkind: ConfigMap')).replace('istio-injection: enabled', 'a: b')}
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: memory, mode: Enforce, clusterNetworks: [10.20.0.0/16] }
status: { writesTo: 'memory edge, cluster east' }`,
    );
    const [last] = layers.filter(({ point }) => point === 'edge').toReversed();
    expect(last?.rule).toMatch(/^pn-east-/);
  });
});

describe('postern why, of a port that takes one protocol alone', () => {
  it('says so, and what the flow is taken to speak', async () => {
    const tls = entry('api.example.com', 'ports: [{ number: 8443, name: tls, protocol: TLS }]');
    const { layers } = await why('shop/web-1', 'api.example.com:8443', meshed, tls, policy('api.example.com:8443'));
    expect(layers.find(({ layer }) => layer === 'sidecar')?.reason).toContain(
      'ServiceEntry/shop/api takes TLS alone on port 8443, and the flow is taken to speak plain TCP',
    );
  });

  const spoken = (...ports: readonly string[]): string => `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec: { subject: { allPods: true }, to: [${ports.map((port) => `{ domainNames: ['*.example.com'], ports: [${port}] }`).join(', ')}] }`;
  const tls = entry('api.example.com', 'ports: [{ number: 8443, name: tls, protocol: TLS }]');
  const sidecar = async (...documents: readonly string[]) => {
    const { layers } = await why('shop/web-1', 'api.example.com:8443', meshed, tls, ...documents);
    return layers.find(({ layer }) => layer === 'sidecar')?.verdict;
  };

  it('takes it to speak what the policy says', async () => {
    expect(await sidecar(spoken('{ port: 8000, endPort: 9000, appProtocol: tls }'))).toBe('Accept');
    expect(await sidecar(spoken('{ port: 8443, appProtocol: http }'))).toBe('Deny');
    expect(await sidecar(spoken('{ port: 443, appProtocol: tls }, { port: 8443 }'))).toBe('Deny');
  });

  it('goes by the port where policies do not agree, and asks none of other namespaces', async () => {
    const two = spoken('{ port: 8443, appProtocol: tls }', '{ port: 8443, appProtocol: http }');
    expect(await sidecar(two)).toBe('Deny');
    const others = spoken('{ port: 8443, appProtocol: tls }').replace('namespace: shop', 'namespace: crm');
    expect(await sidecar(policy('api.example.com:8443'), others)).toBe('Deny');
  });
});
