import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundariesOfMesh } from '../flows/mesh-boundaries.ts';
import { ProbeIndex } from '../flows/probe-index.ts';
import { probesOf } from '../flows/probes.ts';
import { readNetwork } from '../network/network.ts';
import type { MeshClient } from './answer.ts';
import { meshLayer, type MeshLayer } from './mesh-layer.ts';
import { readMesh, type MeshSnapshot } from './objects/snapshot.ts';
import { checkout, objectsOf, registryOnly, waypoint, wholeMesh } from './testing/fixtures.ts';

const accounts = ['checkout', 'basket', 'batch', 'default'];
const principal = (account: string): string => `cluster.local/ns/shop/sa/${account}`;

const names = fc.uniqueArray(fc.constantFrom(...accounts), { minLength: 1, maxLength: 3 });
const source = fc.oneof(
  names.map((list) => ({ principals: list.map(principal) })),
  names.map((list) => ({ notPrincipals: list.map(principal) })),
  names.map((list) => ({ serviceAccounts: list.map((name) => `shop/${name}`) })),
  fc.constantFrom({ namespaces: ['shop'] }, { principals: ['*'] }, { principals: ['cluster.local/ns/shop/sa/b*'] }),
  fc.constant({ requestPrincipals: ['*'] }),
);
const hosts = ['api.stripe.test', 'api.ambient.test', 'mirror.example.test', 'db.example.test'];
const sni = fc.constantFrom(
  [],
  [{ key: 'connection.sni', values: [hosts[0]] }],
  [{ key: 'connection.sni', values: hosts }],
);

/** What judges clients of each mode: the pods of the gateway, or the waypoint. */
const places = {
  sidecar: { namespace: 'istio-egress', selector: { matchLabels: { gateway: 'shared' } } },
  ambient: {
    namespace: 'egress',
    targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'waypoint' }],
  },
};

/** An AuthorizationPolicy beside those that are there. */
const policyAt = ({ namespace, ...about }: (typeof places)['sidecar' | 'ambient']): fc.Arbitrary<object> =>
  fc.record({ action: fc.constantFrom('ALLOW', 'DENY', 'CUSTOM'), source, when: sni }).map((facts) => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'more', namespace },
    spec: { ...about, action: facts.action, rules: [{ from: [{ source: facts.source }], when: facts.when }] },
  }));

const throughWaypoint = `${waypoint}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ambient, namespace: egress, labels: { istio.io/use-waypoint: waypoint } }
spec:
  hosts: [api.ambient.test]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{ number: 443, name: tls, protocol: TLS }]
`;

const objects = objectsOf(...wholeMesh, throughWaypoint);

function layerOf(mesh: MeshSnapshot): MeshLayer {
  return meshLayer(mesh, readNetwork(mesh.network), new ProbeIndex(probesOf(boundariesOfMesh(mesh, []))), false);
}

it.each(['sidecar', 'ambient'] as const)(
  'a flow of an account fares as it does where nobody was judged before: %s',
  (meshed) => {
    const seen = { Accept: 0, Deny: 0, parted: 0 };
    const policy = policyAt(places[meshed]);
    fc.assert(
      fc.property(
        fc.array(policy, { maxLength: 4 }),
        fc.shuffledSubarray(accounts, { minLength: 2 }),
        (more, order) => {
          const mesh = readMesh([...objects, ...more], registryOnly);
          const together = layerOf(mesh);
          const paths = order.map((serviceAccount) => {
            const client: MeshClient = { ...checkout, serviceAccount, meshed };
            const found = together.paths(client, 'kin');
            expect(found).toEqual(layerOf(mesh).paths(client, 'kin'));
            for (const { verdict } of found) seen[verdict] += 1;
            return JSON.stringify(found);
          });
          seen.parted += new Set(paths).size - 1;
        },
      ),
      { numRuns: 60 },
    );
    expect(Math.min(seen.Accept, seen.Deny, seen.parted)).toBeGreaterThan(5);
  },
);
