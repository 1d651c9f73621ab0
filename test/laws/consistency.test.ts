import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapters } from '../../adapters/index.ts';
import { layersOf, writtenPoint } from '../../src/layers/layers.ts';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import { Compiler } from '../../src/core/compile/compiler.ts';
import { consistencyOf } from '../../src/verify/compare/consistency.ts';
import { remainingFrom } from '../../src/verify/values/time.ts';
import { snapshotAfter } from '../../src/core/model/snapshot-keeper.ts';
import { cluster, times } from './compile-world.ts';

/* What is written for a firewall that sees pods, and loses nothing, agrees with the intent: verify cries no wolf. */

const remaining = remainingFrom(Date.parse(times[0]));

describe('consistency', () => {
  it('is found wherever a firewall that sees pods is as it was written', async () => {
    const adapter = await adapters['fortigate']?.();
    if (adapter === undefined) throw new Error('there is no adapter fortigate');
    const config = adapter.config.parse({ url: 'https://192.0.2.1' });
    const context = { config, capabilities: adapter.capabilities, owner: { cluster: 'east' } };
    let compared = 0;
    fc.assert(
      fc.property(cluster, (changes) => {
        const compiler = new Compiler();
        compiler.apply(changes, times[0]);
        const snapshot = snapshotAfter(changes);
        if (sharesWithNode(snapshot)) return;
        const points = snapshot.enforcementPoints
          .filter(
            ({ spec }) =>
              spec.vantage.type === 'Pod' && spec.defaultAction === 'Deny' && spec.policySelector === undefined,
          )
          .flatMap((point) => {
            const desired = compiler.desired(point.metadata.name);
            return desired ? [writtenPoint(point, desired, { adapter, context })] : [];
          })
          .filter(({ losses }) => losses.length === 0);
        for (const point of points) {
          const alone = { ...snapshot, enforcementPoints: [point.point] };
          const layers = layersOf({
            snapshot: alone,
            remaining,
            points: [point],
            mesh: { objects: [] },
            complete: false,
          });
          const { meshOnly, perimeterOnly, wider, narrower, classes } = consistencyOf(layers);
          expect({ meshOnly, perimeterOnly, wider, narrower }).toEqual({
            meshOnly: [],
            perimeterOnly: [],
            wider: [],
            narrower: [],
          });
          compared += classes;
        }
      }),
      { seed: 21, numRuns: 600 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });
});

/** Where a pod has the address of a node, whoever is on that node reaches what the pod may: no firewall can tell, and it is found. */
function sharesWithNode({ pods }: Snapshot): boolean {
  const ofNodes = new Set(pods.filter(({ hostNetwork }) => hostNetwork).flatMap(({ addresses }) => addresses));
  return pods.some(({ hostNetwork, addresses }) => !hostNetwork && addresses.some((one) => ofNodes.has(one)));
}
