import { runPostern } from '../../src/cli/testing/run-postern.ts';
import type { Consistency } from '../../src/core/model/consistency.ts';
import type { Why } from '../../src/verify/why/step.ts';

/* Small clusters as people have them, asked through the command line. */

export const pods = `
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { serviceAccountName: web, nodeName: n1 }
status: { phase: Running, podIP: 10.20.1.11, podIPs: [{ ip: 10.20.1.11 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: batch-1, namespace: shop, labels: { app: batch } }
spec: { serviceAccountName: batch, nodeName: n1 }
status: { phase: Running, podIP: 10.20.1.12, podIPs: [{ ip: 10.20.1.12 }] }`;

/** The pods of `app: web` may open 203.0.113.0/24 port 443. */
export const intent = `
apiVersion: postern.dev/v1alpha1
kind: EgressPolicy
metadata: { name: web, namespace: shop }
spec:
  subject: { podSelector: { matchLabels: { app: web } } }
  to: [{ networks: [203.0.113.0/24], ports: [{ port: 443 }] }]`;

export const node = `
apiVersion: v1
kind: Node
metadata: { name: n1 }
status: { addresses: [{ type: InternalIP, address: 192.168.1.1 }] }`;

export const networkPoint = `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: network }
spec: { adapter: network-policy, mode: Enforce, vantage: { type: Labels } }`;

export function edge(vantage = '{ type: Pod }', more = 'clusterNetworks: [10.20.0.0/16]'): string {
  return `
apiVersion: postern.dev/v1alpha1
kind: EnforcementPoint
metadata: { name: edge }
spec: { adapter: fortigate, mode: Enforce, vantage: ${vantage}, ${more}, config: { url: 'https://192.0.2.1' } }`;
}

export const base = [pods, intent, edge()].join('\n---\n');

/** The pods of the namespace have sidecars, which let out what ServiceEntries name: 203.0.113.0/24 port 443. */
export const mesh = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: '{ outboundTrafficPolicy: { mode: REGISTRY_ONLY } }' }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: net, namespace: shop }
spec:
  hosts: [net.internal]
  addresses: [203.0.113.0/24]
  location: MESH_EXTERNAL
  resolution: NONE
  ports: [{ number: 443, name: tcp, protocol: TCP }]`;

export const allowed = '203.0.113.7:443';

export async function verify(...documents: readonly string[]): Promise<{ code: number; found: Consistency }> {
  const { code, out } = await runPostern(['verify', '-f', '-', '-o', 'json'], { stdin: documents.join('\n---\n') });
  return { code, found: JSON.parse(out) as Consistency };
}

export async function why(pod: string, to: string, ...documents: readonly string[]): Promise<Why> {
  const { out } = await runPostern(['why', pod, to, '-f', '-', '-o', 'json'], { stdin: documents.join('\n---\n') });
  return JSON.parse(out) as Why;
}
