import { describe, expect, it } from 'vitest';
import type { MeshClient, MeshTarget } from '../answer.ts';
import { evaluateMesh } from '../evaluate.ts';
import { behindGateway, checkout, meshOf, mirror, plane, shopSidecar, stripe, to } from '../testing/fixtures.ts';

/* Objects that rewrite proxies, or put code of others into them. */

const theirs = (kind: string, namespace: string, spec: string): string => {
  const group = kind === 'EnvoyFilter' ? 'networking.istio.io/v1alpha3' : 'extensions.istio.io/v1alpha1';
  return `apiVersion: ${group}\nkind: ${kind}\nmetadata: { name: theirs, namespace: ${namespace} }\nspec: { ${spec} }`;
};
const waypoint = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: way, namespace: shop }
spec: { gatewayClassName: istio-waypoint, listeners: [{ name: mesh, port: 15008, protocol: HBONE }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: bound, namespace: shop, labels: { istio.io/use-waypoint: way } }
spec: { hosts: [bound.test], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP }, { number: 443, name: tls, protocol: TLS }] }`;
const mesh = [plane, shopSidecar, behindGateway(stripe), behindGateway(mirror), waypoint];

/** Requests, and TLS, through a gateway. */
const [request, tls] = [to(mirror.host, 80), to(stripe.host)];
const ambient = { meshed: 'ambient' } as const;
const atWaypoint = to('bound.test', 80);
const toWay = 'targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: way }]';

function isSure(object: string, target: MeshTarget, client: Partial<MeshClient> = {}): boolean {
  const { certain, steps } = evaluateMesh(meshOf([...mesh, object])).judge({ ...checkout, ...client }, target);
  const named = steps.filter((step) => step.object.endsWith('/theirs'));
  expect(named.length > 0).toBe(!certain);
  expect(named.every(({ doubt }) => doubt === 'object')).toBe(true);
  return certain;
}

describe('what code of others does nobody knows', () => {
  it.each<[string, string, MeshTarget, Partial<MeshClient>?]>([
    ['to requests of a sidecar', theirs('WasmPlugin', 'shop', 'url: oci://a'), request],
    ['of every sidecar', theirs('WasmPlugin', 'istio-system', 'url: oci://a'), request],
    ['of what it selects', theirs('WasmPlugin', 'shop', 'selector: { matchLabels: { app: checkout } }'), request],
    ['as an extension', theirs('TrafficExtension', 'shop', 'lua: { inlineCode: x }'), request],
    ['to TLS, as a filter of connections', theirs('WasmPlugin', 'shop', 'type: NETWORK'), tls],
    ['the same as an extension', theirs('TrafficExtension', 'shop', 'wasm: { type: NETWORK }'), tls],
    ['at a gateway', theirs('WasmPlugin', 'istio-egress', 'selector: { matchLabels: { gateway: shared } }'), request],
    ['at a waypoint', theirs('WasmPlugin', 'shop', toWay), atWaypoint, ambient],
    [
      'at a waypoint, for one of its services',
      theirs('WasmPlugin', 'shop', 'targetRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: bound }]'),
      atWaypoint,
      ambient,
    ],
    [
      'at every waypoint',
      theirs('WasmPlugin', 'istio-system', 'targetRefs: [{ kind: GatewayClass, name: istio-waypoint }]'),
      atWaypoint,
      ambient,
    ],
    ['nor a patch of a waypoint', theirs('EnvoyFilter', 'shop', `${toWay}, configPatches: [{}]`), atWaypoint, ambient],
  ])('%s', (_, object, target, client) => {
    expect(isSure(object, target, client)).toBe(false);
  });

  it.each<[string, string, MeshTarget, Partial<MeshClient>?]>([
    ['TLS that passes', theirs('WasmPlugin', 'shop', 'url: oci://a'), tls],
    ['what comes in', theirs('WasmPlugin', 'shop', 'match: [{ mode: SERVER }]'), request],
    ['other pods', theirs('WasmPlugin', 'shop', 'selector: { matchLabels: { app: other } }'), request],
    ['another namespace', theirs('WasmPlugin', 'news', 'url: oci://a'), request],
    ['a gateway that is named, and not these pods', theirs('WasmPlugin', 'istio-egress', toWay), request],
    ['a waypoint, by its labels', theirs('WasmPlugin', 'shop', 'url: oci://a'), atWaypoint, ambient],
    ['nor does a patch', theirs('EnvoyFilter', 'shop', 'configPatches: [{}]'), atWaypoint, ambient],
    [
      'other services of a waypoint',
      theirs('WasmPlugin', 'shop', 'targetRefs: [{ group: networking.istio.io, kind: ServiceEntry, name: other }]'),
      atWaypoint,
      ambient,
    ],
  ])('it is not about %s', (_, object, target, client) => {
    expect(isSure(object, target, client)).toBe(true);
  });
});
