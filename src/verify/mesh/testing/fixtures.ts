import { parseAllDocuments } from 'yaml';
import type { MeshClient, MeshTarget } from '../answer.ts';
import { readMesh, type MeshSnapshot } from '../objects/snapshot.ts';
import { readMeshConfig, type MeshConfig } from '../objects/config.ts';

/* A small mesh with an egress gateway, in the shapes that egress through a mesh takes. */

export const registryOnly = readMeshConfig({ outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });

export function objectsOf(...yaml: readonly string[]): readonly unknown[] {
  const documents = yaml.flatMap((text) => parseAllDocuments(text));
  return documents.map((document) => document.toJS() as unknown).filter(Boolean);
}

export function meshOf(yaml: readonly string[], config: Partial<MeshConfig> = {}): MeshSnapshot {
  return readMesh(objectsOf(...yaml), { ...registryOnly, ...config });
}

export const checkout: MeshClient = {
  namespace: 'shop',
  podLabels: { app: 'checkout' },
  serviceAccount: 'checkout',
  meshed: 'sidecar',
  addresses: ['10.1.0.7'],
};

export function to(host: string, port = 443): MeshTarget {
  return { host, port, protocol: 'TCP' };
}

const gatewayHost = 'egress.istio-egress.svc.cluster.local';

/** The Service, the pods and the default deny of one gateway. */
export const plane = `
apiVersion: v1
kind: Namespace
metadata: { name: istio-egress, labels: { kubernetes.io/metadata.name: istio-egress } }
---
apiVersion: v1
kind: Service
metadata: { name: egress, namespace: istio-egress }
spec:
  selector: { gateway: shared }
  ports: [{ name: http2, port: 80 }, { name: tls, port: 443 }, { name: tls-5432, port: 5432 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: egress, namespace: istio-egress }
spec: { template: { metadata: { labels: { gateway: shared } }, spec: { serviceAccountName: egress } } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: default-deny, namespace: istio-egress }
spec: { selector: { matchLabels: { gateway: shared } }, action: ALLOW }
`;

export const shopSidecar = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec:
  outboundTrafficPolicy: { mode: REGISTRY_ONLY }
  egress: [{ hosts: ["./*", "istio-system/*", "istio-egress/*"] }]
`;

export interface Bundle {
  readonly host: string;
  readonly port?: number;
  readonly targetPort?: number;
  readonly kind: 'tls' | 'http' | 'tcp';
  readonly accounts?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly operation?: string;
  readonly exportTo?: readonly string[];
  readonly addresses?: readonly string[];
  /** Written into the upstream DestinationRule of a gateway that makes the TLS itself. */
  readonly originate?: string;
}

const ports = { tls: 443, http: 80, tcp: 5432 } as const;
const entryProtocol = { tls: 'TLS', http: 'HTTP', tcp: 'TCP' } as const;

/** The objects of one destination behind the gateway, named after its host. */
export function behindGateway(bundle: Bundle): string {
  return [subset(bundle), server(bundle), routes(bundle), entry(bundle), policy(bundle), originate(bundle)].join(
    '\n---\n',
  );
}

export function nameOf({ host }: Pick<Bundle, 'host'>): string {
  return host.replaceAll('.', '-');
}

export function subset(bundle: Bundle): string {
  const { host, kind, port = ports[kind] } = bundle;
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${nameOf(bundle)}, namespace: istio-egress }
spec:
  host: ${gatewayHost}
  exportTo: ["*"]
  subsets:
  - name: ${nameOf(bundle)}
    trafficPolicy: { portLevelSettings: [{ port: { number: ${port} }, tls: { mode: ISTIO_MUTUAL, sni: ${host} } }] }`;
}

export function server(bundle: Bundle): string {
  const { host, kind, port = ports[kind] } = bundle;
  return `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${nameOf(bundle)}, namespace: istio-egress }
spec:
  selector: { gateway: shared }
  servers:
  - port: { number: ${port}, name: p-${nameOf(bundle)}, protocol: ${kind === 'http' ? 'HTTPS' : 'TLS'} }
    hosts: ["istio-egress/${host}"]
    tls: { mode: ISTIO_MUTUAL }`;
}

export function routes(bundle: Bundle): string {
  const { host, kind, port = ports[kind], exportTo = ['.', 'shop'] } = bundle;
  const own = `istio-egress/${nameOf(bundle)}`;
  const inward = `[{ destination: { host: ${gatewayHost}, subset: ${nameOf(bundle)}, port: { number: ${port} } } }]`;
  const outward = `[{ destination: { host: ${host}, port: { number: ${port} } } }]`;
  const sni = kind === 'tls' ? `, sniHosts: ["${host}"]` : '';
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${nameOf(bundle)}, namespace: istio-egress }
spec:
  hosts: ["${host}"]
  exportTo: ${JSON.stringify(exportTo)}
  gateways: [mesh, ${own}]
  ${kind}:
  - match: [{ gateways: [mesh], port: ${port}${sni} }]
    route: ${inward}
  ${kind === 'tls' ? 'tcp:' : ''}
  - match: [{ gateways: [${own}], port: ${port} }]
    route: ${outward}`;
}

export function entry(bundle: Bundle): string {
  const { host, kind, port = ports[kind], targetPort, exportTo = ['.', 'shop'], addresses = [] } = bundle;
  const target = targetPort === undefined ? '' : `, targetPort: ${targetPort}`;
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${nameOf(bundle)}, namespace: istio-egress }
spec:
  hosts: ["${host}"]
  addresses: ${JSON.stringify(addresses)}
  location: MESH_EXTERNAL
  resolution: DNS
  exportTo: ${JSON.stringify(exportTo)}
  ports: [{ number: ${port}, name: ${kind}-${port}, protocol: ${entryProtocol[kind]}${target} }]`;
}

export function policy(bundle: Bundle): string {
  const { host, kind, port = ports[kind], accounts, namespaces, operation = '' } = bundle;
  const principals = (accounts ?? ['shop/checkout']).map((account) => {
    const [namespace = '', name = ''] = account.split('/');
    return `cluster.local/ns/${namespace}/sa/${name}`;
  });
  const source = namespaces ? { namespaces } : { principals };
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${nameOf(bundle)}, namespace: istio-egress }
spec:
  selector: { matchLabels: { gateway: shared } }
  action: ALLOW
  rules:
  - from: [{ source: ${JSON.stringify(source)} }]
    to: [{ operation: { ports: ["${port}"]${operation} } }]
    when: [{ key: connection.sni, values: ["${host}"] }]`;
}

function originate({ host, originate: exportTo, port = 80 }: Bundle): string {
  if (exportTo === undefined) return '';
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${nameOf({ host })}-up, namespace: istio-egress }
spec:
  host: ${host}
  exportTo: ["${exportTo}"]
  trafficPolicy:
    portLevelSettings:
    - port: { number: ${port} }
      tls: { mode: SIMPLE, sni: ${host}, subjectAltNames: ["${host}"], caCertificates: system }`;
}

export const stripe: Bundle = { host: 'api.stripe.test', kind: 'tls' };
export const mirror: Bundle = {
  host: 'mirror.example.test',
  kind: 'http',
  namespaces: ['shop'],
  operation: ', methods: [GET, HEAD], paths: ["/debian/*"]',
};
export const payments: Bundle = { host: 'payments.example.test', kind: 'http', targetPort: 443, originate: '.' };
export const database: Bundle = { host: 'db.example.test', kind: 'tcp', addresses: ['203.0.113.10'] };

/** All of it together. */
export const wholeMesh: readonly string[] = [
  plane,
  shopSidecar,
  ...[stripe, mirror, payments, database].map(behindGateway),
];

/** Network policies that lead to the gateway, and nowhere else. */
export const fences = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: egress, namespace: shop }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }, podSelector: { matchLabels: { k8s-app: kube-dns } } }]
    ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
  - to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: istio-system } }, podSelector: { matchLabels: { istio: pilot } } }]
    ports: [{ port: 15012 }]
  - to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: istio-egress } }, podSelector: { matchLabels: { gateway: shared } } }]
    ports: [{ port: 80 }, { port: 443 }, { port: 5432 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: gateway, namespace: istio-egress }
spec:
  podSelector: { matchLabels: { gateway: shared } }
  policyTypes: [Ingress, Egress]
  ingress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }] }]
  egress:
  - to: [{ namespaceSelector: {}, podSelector: {} }]
  - to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16] } }]
`;

/** A mesh in which nothing is wrong. */
export const soundMesh: readonly string[] = [...wholeMesh, fences];

/** What pods of an ambient mesh leave through. */
export const waypoint = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: waypoint, namespace: egress }
spec:
  gatewayClassName: istio-waypoint
  listeners: [{ name: mesh, port: 15008, protocol: HBONE, allowedRoutes: { namespaces: { from: Same } } }]`;
