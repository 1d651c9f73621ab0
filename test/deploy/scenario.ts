/** Points that are particular to this suite; the rest of the scenario is that of the live suites. */
export function firewallPoint(url: string): string {
  return pointManifest('edge', {
    adapter: 'fortigate',
    secretRef: { name: 'edge' },
    // One request for each object, so that the record can be held against what the device has seen.
    config: { url, carrier: 'objects', transactions: 'off' },
  });
}

export const networkPoint = pointManifest('network', {
  adapter: 'network-policy',
  vantage: { type: 'Labels' },
  namespaceSelector: { matchLabels: { team: 'shop' } },
  config: {},
});

/** A mesh as the adapter's own tests have it. */
export function meshPoint(): string {
  const config = { gateway: { service: 'egressgateway', selector: { istio: 'egressgateway' } } };
  const guard = { maxRemovals: 1_000, maxRemovalsPercent: 100 };
  return pointManifest('mesh', { adapter: 'istio', vantage: { type: 'Identity' }, guard, config });
}

/** The patch that every installation needs. */
export function named(cluster: string): { readonly patch: string } {
  const metadata = { name: 'postern', namespace: 'postern-system' };
  return {
    patch: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { POSTERN_CLUSTER: cluster } }),
  };
}

function pointManifest(name: string, spec: object): string {
  const apiVersion = 'postern.dev/v1alpha1';
  return JSON.stringify({
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: { name },
    spec: { mode: 'Enforce', ...spec },
  });
}

/** A pod that may not become ready before its address is on the firewall. */
export const gatedPod = `
apiVersion: v1
kind: Pod
metadata: { name: gated, namespace: shop, labels: { app: web } }
spec:
  serviceAccountName: default
  readinessGates: [{ conditionType: postern.dev/perimeter }]
  containers: [{ name: main, image: none }]
`;
