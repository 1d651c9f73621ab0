import type { Pod } from '../../src/core/model/snapshot.ts';
import type { MeshClient, MeshTarget } from '../../src/verify/mesh/answer.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import type { MeshConfig } from '../../src/verify/mesh/objects/config.ts';
import { checkout, meshOf, to } from '../../src/verify/mesh/testing/fixtures.ts';

/* Small meshes of others, and what becomes of one flow in them. */

/** Who asks for what, where it is not `checkout` for TCP 80 of `api.test`. */
export interface Asked {
  readonly target?: MeshTarget;
  readonly client?: Partial<MeshClient>;
  readonly config?: Partial<MeshConfig>;
}

/** What `answered` gives, the mesh, and what is asked of it. */
export type Case = readonly [expected: string, yaml: readonly string[], asked?: Asked];

export const squidPod: Pod = {
  ...{ namespace: 'shop', name: 'squid', uid: 'squid', workload: 'Pod/squid', labels: { app: 'squid' } },
  ...{ serviceAccount: 'default', node: 'n1', hostNetwork: false, phase: 'Running', deleting: false },
  ...{ addresses: ['10.1.0.9'], created: '' },
};

/** @returns `verdict`, `?` when it is not known, `> host:port` when something else leaves; then the object that says so */
export function answered(yaml: readonly string[], { target = to('api.test', 80), client, config }: Asked = {}): string {
  const mesh = meshOf(yaml, config);
  const { judge } = evaluateMesh({ ...mesh, network: { ...mesh.network, pods: [squidPod] } });
  const { verdict, certain, outside, steps } = judge({ ...checkout, ...client }, target);
  const asked = `${target.host ?? ''}:${target.port}`;
  const left = `${outside.host || outside.address}:${outside.port}`;
  const said = steps.filter(({ object }) => object.includes('/theirs')).at(-1)?.object ?? '';
  const where = verdict === 'Deny' || left === asked ? '' : ` > ${left}`;
  return `${verdict}${certain ? '' : '?'}${where} ${said}`.trim();
}

export function object(kind: string, namespace: string, spec: string, name = 'theirs', labels = ''): string {
  return `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace}, labels: { ${labels} } }\nspec: ${spec}`;
}

export const ports = `ports: [{ number: 80, name: http, protocol: HTTP }, { number: 443, name: tls, protocol: TLS }]`;
export const entry = (host: string, more = 'resolution: DNS'): string =>
  object('ServiceEntry', 'shop', `{ hosts: [${host}], location: MESH_EXTERNAL, ${ports}, ${more} }`, host);
export const api = entry('api.test');
export const www = entry('www.test');
export const http = (route: string): string =>
  object('VirtualService', 'shop', `{ hosts: [api.test], http: [${route}] }`);
export const destination = '{ destination: { host: api.test } }';
export const toWww = '{ destination: { host: www.test } }';
export const tls = (match: string): string =>
  object('VirtualService', 'shop', `{ hosts: [api.test], tls: [{ match: [${match}], route: [${toWww}] }] }`);
export const rule = (spec: string): string => object('DestinationRule', 'shop', `{ host: api.test, ${spec} }`);
export const toEgress = '{ destination: { host: egress.istio-egress.svc.cluster.local } }';

/** Pods that a proxy of another make may be in. */
export const squid = `apiVersion: v1
kind: Service
metadata: { name: theirs, namespace: shop }
spec: { selector: { app: squid }, ports: [{ name: http, port: 80 }, { name: tls, port: 443 }] }`;
export const toSquid = '{ destination: { host: theirs.shop.svc.cluster.local } }';
