import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundariesOfMesh } from '../flows/mesh-boundaries.ts';
import { ProbeIndex } from '../flows/probe-index.ts';
import { probesOf } from '../flows/probes.ts';
import { readNetwork } from '../network/network.ts';
import type { MeshClient } from './answer.ts';
import { meshLayer, type MeshLayer } from './mesh-layer.ts';
import { readMesh, type MeshSnapshot } from './objects/snapshot.ts';
import { checkout, objectsOf, registryOnly, wholeMesh } from './testing/fixtures.ts';

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
const hosts = ['api.stripe.test', 'mirror.example.test', 'payments.example.test', 'db.example.test'];
const sni = fc.constantFrom(
  [],
  [{ key: 'connection.sni', values: [hosts[0]] }],
  [{ key: 'connection.sni', values: hosts }],
);

/** An AuthorizationPolicy of the gateway, beside those that are there. */
const policy = fc.record({ action: fc.constantFrom('ALLOW', 'DENY', 'CUSTOM'), source, when: sni }).map((facts) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'more', namespace: 'istio-egress' },
  spec: {
    selector: { matchLabels: { gateway: 'shared' } },
    action: facts.action,
    rules: [{ from: [{ source: facts.source }], when: facts.when }],
  },
}));

const objects = objectsOf(...wholeMesh);

function layerOf(mesh: MeshSnapshot): MeshLayer {
  return meshLayer(mesh, readNetwork(mesh.network), new ProbeIndex(probesOf(boundariesOfMesh(mesh, []))), false);
}

it('a flow of an account fares as it does where nobody was judged before', () => {
  const seen = { Accept: 0, Deny: 0, parted: 0 };
  fc.assert(
    fc.property(fc.array(policy, { maxLength: 4 }), fc.shuffledSubarray(accounts, { minLength: 2 }), (more, order) => {
      const mesh = readMesh([...objects, ...more], registryOnly);
      const together = layerOf(mesh);
      const paths = order.map((serviceAccount) => {
        const client: MeshClient = { ...checkout, serviceAccount };
        const found = together.paths(client, 'kin');
        expect(found).toEqual(layerOf(mesh).paths(client, 'kin'));
        for (const { verdict } of found) seen[verdict] += 1;
        return JSON.stringify(found);
      });
      seen.parted += new Set(paths).size - 1;
    }),
    { numRuns: 30 },
  );
  expect(Math.min(seen.Accept, seen.Deny, seen.parted)).toBeGreaterThan(15);
});
