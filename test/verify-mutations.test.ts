import { beforeAll, describe, expect, it } from 'vitest';
import type { ReadPoint } from '../src/layers/layers.ts';
import { evaluateMesh } from '../src/verify/mesh/evaluate.ts';
import type { MeshClient, MeshTarget } from '../src/verify/mesh/answer.ts';
import type { Consistency } from '../src/core/model/consistency.ts';
import { consistencyOf } from '../src/verify/compare/consistency.ts';
import type { Layers } from '../src/verify/layers.ts';
import { readTable } from '../src/verify/perimeter/table.ts';
import { mutationsOf } from './verify-mutations.ts';
import { layersWith, twoFirewalls, throughGateway, writtenPoints } from './verify-worlds.ts';

/*
 * Layers that agree, and then one object of one of them edited by hand in every way that the objects beside it suggest.
 * Whatever changes the fate of any of these flows is found; what is not found changes nothing.
 */

const sources = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.1.1', '10.0.9.1', '10.0.77.77'];
const hosts = ['api.stripe.test', 'db.example.test', 'a.api.stripe.test', 'other.test'];
const addresses = [
  '203.0.113.1',
  '203.0.113.127',
  '203.0.113.128',
  '203.0.113.200',
  '203.0.114.1',
  '169.254.169.254',
  '192.0.2.9',
];
const ports = [22, 80, 443, 444, 5000, 5005, 5010, 5011, 5432];
const targets: readonly MeshTarget[] = ports.flatMap((port): MeshTarget[] => [
  ...hosts.map((host) => ({ host, port, protocol: 'TCP' as const })),
  ...addresses.map((address) => ({ address, port, protocol: 'TCP' as const })),
  { address: '203.0.113.1', port, protocol: 'UDP' },
]);
const clients: readonly MeshClient[] = (
  [
    ['shop', 'web', '10.0.0.1'],
    ['shop', 'job', '10.0.0.3'],
    ['news', 'feed', '10.0.1.1'],
  ] as const
).flatMap(([namespace, app, address]) =>
  (['sidecar', 'none'] as const).map((meshed) => {
    return { namespace, podLabels: { app }, serviceAccount: app, meshed, addresses: [address] };
  }),
);

interface Fate {
  readonly verdict: string;
  /** What only changes how sure one is of it. */
  readonly sure: boolean;
}

function fatesOf({ perimeters, mesh }: Layers): readonly Fate[] {
  const atPerimeters = perimeters.flatMap(({ table }) => {
    const decide = readTable(table);
    return sources.flatMap((src) =>
      targets.map(({ host, address, port, protocol }): Fate => {
        const { action } = decide({ src, port, protocol, ...(host && { host }), ...(address && { dst: address }) });
        return { verdict: action, sure: true };
      }),
    );
  });
  const judge = mesh && evaluateMesh(mesh).judge;
  const inMesh = clients.flatMap((client) =>
    targets.flatMap((target): Fate[] => {
      const answer = judge?.(client, target);
      if (answer === undefined) return [];
      const { verdict, gateway, sourceSeenOutside, outside, certain } = answer;
      const way = verdict === 'Deny' ? '' : JSON.stringify([gateway, sourceSeenOutside, outside]);
      return [{ verdict: `${verdict} ${way}`, sure: certain }];
    }),
  );
  return [...atPerimeters, ...inMesh];
}

function found({ consistent: _, classes: __, ...sides }: Consistency): string {
  return JSON.stringify(sides);
}

/** One in so many, so that this takes seconds; another number gives others. */
const oneIn = 3;
const seed = 1;

describe.each([
  ['two firewalls that see pods', twoFirewalls],
  ['an egress gateway, network policies and a firewall behind them', throughGateway],
])('of %s', (_, snapshot) => {
  let points: readonly ReadPoint[] = [];
  beforeAll(async () => {
    points = await writtenPoints(snapshot);
  });

  it('the layers agree as they are written', () => {
    const { consistent, meshOnly, perimeterOnly, wider, narrower } = consistencyOf(layersWith(snapshot, points));
    expect({ consistent, meshOnly, perimeterOnly, wider, narrower }).toEqual({
      consistent: true,
      meshOnly: [],
      perimeterOnly: [],
      wider: [],
      narrower: [],
    });
  });

  it('no edit of one object changes the fate of a flow unseen', () => {
    const before = layersWith(snapshot, points);
    const [fates, told] = [fatesOf(before), found(consistencyOf(before))];
    const unseen: string[] = [];
    let [tried, effective] = [0, 0];
    for (const [at, read] of points.entries()) {
      for (const { what, resources } of mutationsOf(read.resources)) {
        tried += 1;
        if (tried % oneIn !== seed) continue;
        const after = layersWith(snapshot, points.with(at, { ...read, resources }));
        const changed = fatesOf(after).map((fate, index) => [fates[index], fate] as const);
        const decided = changed.some(([old, now]) => old?.verdict !== now.verdict);
        const doubtful = changed.some(([old, now]) => old?.sure !== now.sure);
        if (!decided && !doubtful) continue;
        effective += 1;
        const consistency = consistencyOf(after);
        const isSeen = decided ? !consistency.consistent : found(consistency) !== told;
        if (!isSeen) unseen.push(`${read.point.metadata.name}: ${what}`);
      }
    }
    expect(unseen).toEqual([]);
    expect(effective).toBeGreaterThan(50);
  });
});
