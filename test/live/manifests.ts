import { stringify } from 'yaml';

export interface PointConfig {
  readonly url?: string;
  readonly carrier?: 'objects' | 'pushFeed';
}

/** One connection at a time: two requests that overlap then come from two writers. */
export function pointManifest(config: PointConfig): string {
  return stringify({
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EnforcementPoint',
    metadata: { name: 'edge' },
    spec: {
      adapter: 'fortigate',
      mode: 'Enforce',
      secretRef: { name: 'edge' },
      config: { ...config, maxConcurrency: 1 },
    },
  });
}

/** Another appliance that enforces the same. */
export function bigIpManifest(url: string): string {
  return stringify({
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EnforcementPoint',
    metadata: { name: 'edge-bigip' },
    spec: { adapter: 'f5-afm', mode: 'Enforce', secretRef: { name: 'edge-bigip' }, config: { url } },
  });
}

export interface PolicySpec {
  readonly subject?: unknown;
  readonly action?: 'Accept' | 'Deny';
  readonly to: readonly unknown[];
}

export function policyManifest(name: string, spec: PolicySpec): string {
  return stringify({
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EgressPolicy',
    metadata: { name, namespace: 'shop' },
    spec: { subject: { allPods: true }, ...spec },
  });
}

export const pay = policyManifest('pay', {
  subject: { podSelector: { matchLabels: { app: 'web' } } },
  to: [{ externalService: 'payments' }],
});

/** What is there before Postern is. */
export const cluster = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Namespace
metadata: { name: postern-system }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: builder, namespace: shop }
---
apiVersion: postern.dev/v1alpha1
kind: ExternalService
metadata: { name: payments }
spec: { networks: [203.0.113.0/24], ports: [{ port: 443 }], allNamespaces: true }
---
apiVersion: postern.dev/v1alpha1
kind: ExternalService
metadata: { name: ledger }
spec: { networks: [198.51.100.0/24], ports: [{ port: 5432, endPort: 5440 }], allNamespaces: true }
---
apiVersion: postern.dev/v1alpha1
kind: ExternalService
metadata: { name: github }
spec: { domainNames: [github.com], ports: [{ port: 443, appProtocol: tls }], allNamespaces: true }
---
apiVersion: postern.dev/v1alpha1
kind: ClusterEgressPolicy
metadata: { name: no-metadata-service }
spec:
  tier: Admin
  priority: 10
  subject: { allNamespaces: true, allPods: true }
  egress: [{ name: metadata, action: Deny, to: [{ networks: [169.254.169.254/32] }] }]
---
${pay}`;
