import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNetwork } from '../network/network.ts';
import type { MeshAnswer, MeshClient, MeshTarget } from './answer.ts';
import { evaluateMesh } from './evaluate.ts';
import type { MeshSnapshot } from './objects/snapshot.ts';
import { behindGateway, checkout, meshOf, plane, shopSidecar, stripe, to } from './testing/fixtures.ts';

const isUnspoken = (mesh: MeshSnapshot, target: MeshTarget, client: Partial<MeshClient> = {}): boolean =>
  evaluateMesh(mesh).isUnspoken({ ...checkout, ...client }, target);

describe('a name that nobody speaks of', () => {
  const mesh = meshOf([plane, shopSidecar, behindGateway(stripe)]);

  it.each<[string, MeshTarget, Partial<MeshClient>, boolean]>([
    ['one without a service', to('other.test'), {}, true],
    ['one with a service', to('api.stripe.test'), {}, false],
    ['one with a service, on another port', to('api.stripe.test', 8443), {}, true],
    ['one with a service that the namespace is not told of', to('api.stripe.test'), { namespace: 'blog' }, true],
    [
      'the same to a ztunnel, which is told of all',
      to('api.stripe.test'),
      { namespace: 'blog', meshed: 'ambient' },
      false,
    ],
    ['any, where no proxy is', to('api.stripe.test'), { meshed: 'none' }, true],
    ['any, where proxies do not catch the protocol', { ...to('api.stripe.test'), protocol: 'UDP' }, {}, true],
    ['no address is one', { address: '203.0.113.9', port: 443, protocol: 'TCP' }, {}, false],
  ])('%s', (_, target, client, expected) => {
    expect(isUnspoken(mesh, target, client)).toBe(expected);
  });
});

const hosts = ['a.test', 'b.test', 'c.a.test', '*.test', '*.a.test', '*'];
const names = ['a.test', 'b.test', 'c.a.test', 'd.test', 'e.d.test', 'x.example'];
const numbers = [80, 443, 5432];
const exportTo = fc.constantFrom('[]', '["*"]', '["."]', '["shop"]', '["blog"]');

const entry = fc
  .record({
    host: fc.constantFrom(...hosts),
    port: fc.constantFrom(...numbers),
    protocol: fc.constantFrom('HTTP', 'TLS', 'TCP'),
    resolution: fc.constantFrom('NONE', 'DNS', 'DYNAMIC_DNS'),
    addresses: fc.constantFrom('[]', '["203.0.113.0/24"]'),
    exportTo,
  })
  .map(
    (one) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: NAME, namespace: istio-egress }
spec:
  hosts: ["${one.host}"]
  addresses: ${one.addresses}
  exportTo: ${one.exportTo}
  location: MESH_EXTERNAL
  resolution: ${one.resolution}
  ports: [{ number: ${one.port}, name: p, protocol: ${one.protocol} }]`,
  );

const route = fc
  .record({
    host: fc.constantFrom(...hosts),
    kind: fc.constantFrom('http', 'tls', 'tcp'),
    port: fc.constantFrom(...numbers),
    exportTo,
  })
  .map(({ host, kind, port, exportTo: whom }) => {
    const sni = kind === 'tls' ? `, sniHosts: ["${host}"]` : '';
    return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: NAME, namespace: istio-egress }
spec:
  hosts: ["${host}"]
  exportTo: ${whom}
  ${kind}: [{ match: [{ port: ${port}${sni} }], route: [{ destination: { host: a.test, port: { number: 443 } } }] }]`;
  });

const sidecar = fc.constantFrom(
  '',
  shopSidecar,
  shopSidecar.replace('REGISTRY_ONLY', 'ALLOW_ANY'),
  shopSidecar.replace('istio-egress/*', 'istio-egress/*.test'),
);

it('fares as every other one does', () => {
  const world = fc.record({
    entries: fc.array(entry, { maxLength: 4 }),
    routes: fc.array(route, { maxLength: 3 }),
    sidecar,
  });
  const who = fc.record({
    namespace: fc.constantFrom('shop', 'blog'),
    meshed: fc.constantFrom('sidecar', 'ambient', 'none'),
  });
  const wire = fc.record({
    port: fc.constantFrom(...numbers, 9),
    protocol: fc.constantFrom('TCP', 'UDP'),
    appProtocol: fc.constantFrom('tls', 'http', 'tcp', undefined),
  });
  fc.assert(
    fc.property(world, who, wire, (objects, differing, over) => {
      const written = [...objects.entries, ...objects.routes].map((text, at) => text.replace('NAME', `o${at}`));
      const mesh = meshOf([plane, objects.sidecar, ...written]);
      const evaluator = evaluateMesh(mesh, readNetwork(mesh.network));
      const client: MeshClient = { ...checkout, ...differing };
      const targets = names.map((host): MeshTarget => ({ host, names: [], ...over }));
      const unspoken = targets.filter((target) => evaluator.isUnspoken(client, target));
      const fates = unspoken.map((target) => fateOf(evaluator.judge(client, target), target));
      expect(new Set(fates).size).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});

/** All but the name itself, which is what leaves if anything does. */
function fateOf({ steps, ...answer }: MeshAnswer, { host = '', port }: MeshTarget): string {
  const { outside } = answer;
  expect(outside).toEqual({ host, address: '', port });
  const told = steps.map((step) => ({ ...step, reason: step.reason.replaceAll(host, 'NAME') }));
  return JSON.stringify({ ...answer, outside: 'NAME', steps: told });
}
