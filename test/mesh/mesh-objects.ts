import { soundMesh } from '../../src/verify/mesh/testing/fixtures.ts';

/** Changes the objects of the sound mesh, and must change them. */
export function with_(pattern: string | RegExp, replacement: string): readonly string[] {
  const changed = soundMesh.map((text) => text.replace(pattern, replacement));
  if (changed.every((text, index) => text === soundMesh[index])) throw new Error(`nothing matches ${String(pattern)}`);
  return changed;
}

export function object(kind: string, name: string, spec: string, labels = ''): string {
  const group: Readonly<Record<string, string>> = {
    AuthorizationPolicy: 'security.istio.io',
    PeerAuthentication: 'security.istio.io',
    Telemetry: 'telemetry.istio.io',
    NetworkPolicy: 'networking.k8s.io',
    HTTPRoute: 'gateway.networking.k8s.io',
    Waypoint: 'gateway.networking.k8s.io',
  };
  const real = kind === 'Waypoint' ? 'Gateway' : kind;
  return `apiVersion: ${group[kind] ?? 'networking.istio.io'}/v1
kind: ${real}
metadata: { name: ${name}, namespace: istio-egress, labels: { ${labels} } }
spec: { ${spec} }`;
}

export function plus(...more: readonly string[]): readonly string[] {
  return [...soundMesh, ...more];
}

export const entry = (spec: string, name = 'x', labels = ''): string =>
  object('ServiceEntry', name, `exportTo: ["."], ${spec}`, labels);
export const tlsPort = 'ports: [{ number: 443, name: tls, protocol: TLS }]';
export const tcpPort = 'ports: [{ number: 5432, name: tcp, protocol: TCP }]';
export const gateways = '[istio-egress/api-stripe-test]';
export const virtual = (spec: string): string => object('VirtualService', 'x', `exportTo: ["."], ${spec}`);
export const bound = (spec: string): string => virtual(`hosts: [x.test], gateways: ${gateways}, ${spec}`);
export const waypoint = object(
  'Waypoint',
  'wp',
  'gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE }]',
);
export const atWaypoint = 'istio.io/use-waypoint: wp';
export const waypointDeny = object('AuthorizationPolicy', 'wp-deny', 'targetRefs: [{ kind: Gateway, name: wp }]');
export const wild = entry(`hosts: ["*.w.test"], resolution: DYNAMIC_DNS, ${tlsPort}`, 'wild', atWaypoint);
export const rule = 'selector: { matchLabels: { gateway: shared } }, rules';
export const someone = 'from: [{ source: { principals: ["cluster.local/ns/shop/sa/a"] } }]';
