import { stringify } from 'yaml';

/*
 * Small clusters with a mesh in them, as people write them: a namespace `shop` whose ServiceAccounts `checkout` and `other`
 * have a pod each, services, and who may use which.
 */

export interface MeshWorld {
  /** `spec.config` of the point. */
  readonly config: object;
  /** `spec` of the external services, by name; all namespaces may use them. */
  readonly services: Readonly<Record<string, object>>;
  /** The services that each subject of `shop` may use: `*` is the whole namespace, else a ServiceAccount. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
  /** MeshConfig; undefined: it has not been read. */
  readonly mesh?: string | undefined;
  /** Objects of others. */
  readonly others?: readonly object[];
}

export const gatewayConfig = { gateway: { service: 'egress', selector: { egress: 'shared' } } };
export const closedMesh = 'outboundTrafficPolicy: { mode: REGISTRY_ONLY }\n';

/** The accounts of `shop`, each with the address of its pod. */
export const accounts = { checkout: '10.20.0.1', other: '10.20.0.2' } as const;

const own = 'postern.dev/v1alpha1';

export function objectsOf({ config, services, grants, mesh, others = [] }: MeshWorld): readonly object[] {
  const isAmbient = 'plane' in config && config.plane === 'ambient';
  const mode = isAmbient ? { 'istio.io/dataplane-mode': 'ambient' } : { 'istio-injection': 'enabled' };
  const labels = { 'kubernetes.io/metadata.name': 'shop', ...mode };
  const spec = { adapter: 'istio', mode: 'Enforce', vantage: { type: 'Identity' }, config, defaultAction: 'Deny' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } },
    ...Object.entries(accounts).flatMap(([name, ip]) => workload(name, ip)),
    ...(mesh === undefined ? [] : [settingsOf(mesh)]),
    { apiVersion: own, kind: 'EnforcementPoint', metadata: { name: 'mesh' }, spec },
    ...Object.entries(services).map(([name, service]) => ({
      apiVersion: own,
      kind: 'ExternalService',
      metadata: { name },
      spec: { allNamespaces: true, ...service },
    })),
    ...Object.entries(grants).map(([subject, granted], at) => ({
      apiVersion: own,
      kind: 'EgressPolicy',
      metadata: { name: `grant-${at}`, namespace: 'shop' },
      spec: {
        subject: subject === '*' ? { allPods: true } : { serviceAccounts: [subject] },
        action: 'Accept',
        to: granted.map((externalService) => ({ externalService })),
      },
    })),
    ...others,
  ];
}

/** The same as text, for `-f -`. */
export function manifestOf(world: MeshWorld): string {
  return objectsOf(world)
    .map((object) => `---\n${stringify(object)}`)
    .join('');
}

export function settingsOf(mesh: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh },
  };
}

function workload(name: string, ip: string): readonly object[] {
  const metadata = { name, namespace: 'shop' };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { app: name }, creationTimestamp: '2026-01-01T08:00:00Z' },
      spec: { serviceAccountName: name, nodeName: 'node-1', containers: [] },
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
    },
  ];
}
