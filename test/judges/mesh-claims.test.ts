import { stringify } from 'yaml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/adapter/kubernetes-objects.ts';
import { meshIn } from '../../src/kube/mesh/objects.ts';
import type { MeshTarget } from '../../src/verify/mesh/answer.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import { closedMesh, objectsOf } from '../mesh/worlds.ts';
import { installedMesh, playMesh, type PlayedFlow } from './istiod-engine.ts';
import { clientsIn } from './mesh-flows.ts';
import { withoutRefused } from './mesh-play.ts';
import { foreignObjects } from './mesh-worlds.ts';

/*
 * Addresses that nobody may reach, and all the names under which a client may try to: does one take it there through its
 * sidecar, as the model says?
 */

const engine = installedMesh();
const numRuns = Number(process.env['MESH_WORLDS'] ?? 8);
const seed = Number(process.env['MESH_SEED'] ?? 20_261_129);

const hosts = ['api.stripe.test', 'made.test', 'mirror.test', 'db.test', 'www.wild.test', 'any.wild.test', 'new.test'];
const services = ['istio-egress', 'shop', 'news', 'istio-system'].flatMap((namespace) =>
  [0, 1, 2].map((at) => `theirs-${at}.${namespace}.svc.cluster.local`),
);
const doors = [
  { port: 443, how: 'tls' },
  { port: 8443, how: 'tls' },
  { port: 5432, how: 'tls' },
  { port: 80, how: 'http' },
  { port: 443, how: 'http' },
  { port: 8443, how: 'http' },
] as const;
const address = '203.0.113.254';

/** Where a real client gets to the address under some name and the model does not say so, or the other way round. */
async function wrongIn(others: readonly object[]): Promise<readonly string[]> {
  const given = objectsOf({ config: {}, services: {}, grants: {}, mesh: closedMesh, others }) as KubernetesObject[];
  const world = given.filter(({ apiVersion }) => !apiVersion.startsWith('postern.dev/'));
  const clients = clientsIn(world);
  const flows = clients.flatMap(({ from }) =>
    doors.flatMap(({ port, how }) =>
      [...hosts, ...services].map((to): PlayedFlow => ({
        id: `${from} ${to} ${port} ${how}`,
        from,
        to,
        port,
        how,
        at: address,
      })),
    ),
  );
  const { verdicts, refusals } = await playMesh(engine ?? '', world, flows);
  const mesh = meshIn({ objects: withoutRefused(world, refusals) }, { namespaces: [] });
  if (mesh === undefined) throw new Error('There is no mesh.');
  const { judge, judgeClaiming } = evaluateMesh(mesh);
  return clients.flatMap(({ from, namespace, account, labels }) =>
    [...new Set(doors.map(({ port }) => port))].flatMap((port) => {
      const client = { namespace, serviceAccount: account, podLabels: labels, meshed: 'sidecar' } as const;
      const target: MeshTarget = { address, port, protocol: 'TCP' };
      const answer = judge(client, target).verdict === 'Accept' ? judge(client, target) : judgeClaiming(client, target);
      const there = flows.filter((flow) => {
        const real = verdicts.get(flow.id);
        return flow.from === from && flow.port === port && real?.verdict === 'reached' && real.server === address;
      });
      const isCertain = answer?.certain !== false;
      if (!isCertain || (answer !== undefined) === there.length > 0) return [];
      const said =
        answer === undefined ? 'says that there is no way' : (answer.claim?.reason ?? 'says that it is open');
      return [`${from} ${port}: the model ${said}, and there was ${there[0]?.id ?? 'none'}`];
    }),
  );
}

describe.runIf(engine !== undefined)('a real sidecar', { timeout: 3_600_000 }, () => {
  it('takes a client to an address under the names of which the model says so', async () => {
    await fc.assert(
      fc.asyncProperty(foreignObjects, async (others) => {
        expect(await wrongIn(others), others.map((one) => stringify(one)).join('---\n')).toEqual([]);
      }),
      { numRuns, seed, endOnFailure: process.env['CI'] === 'true' },
    );
  });
});
