import { describe, expect, it } from 'vitest';
import { Compiler } from './compiler.ts';
import { changesOf, clusterPolicy, node, pod, point } from './testing/builders.ts';

const now = '2026-06-01T00:00:00Z';
/** More than the stack has room for, were they the arguments of one call. */
const count = 150_000;

const pods = changesOf({
  nodes: [node('n', '192.0.2.1')],
  pods: Array.from({ length: count }, (_, i) =>
    pod(`shop/web-${i}`, { node: 'n', addresses: [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`] }),
  ),
});
const forAll = changesOf({
  clusterEgressPolicies: [
    clusterPolicy('all', { egress: [{ action: 'Accept', to: [{ networks: ['203.0.113.0/24'] }] }] }),
  ],
});
const points = changesOf({
  enforcementPoints: [point('pods'), point('nodes', { vantage: { type: 'Node' } })],
});

describe('a policy for more pods than a call can have arguments', () => {
  it.each([
    ['the point', [pods, forAll, points]],
    ['the policy', [pods, points, forAll]],
    ['the pods', [points, forAll, pods]],
  ])('has all of them when %s came last', (_, rounds) => {
    const compiler = new Compiler();
    for (const changes of rounds) compiler.apply(changes, now);
    const members = (name: string): readonly number[] | undefined =>
      compiler.desired(name)?.groups.map((group) => group.members.length);
    expect([members('pods'), members('nodes')]).toEqual([[count], [1]]);
  });

  it('loses them all at once', () => {
    const compiler = new Compiler();
    for (const changes of [pods, forAll, points]) compiler.apply(changes, now);
    const ends = pods.flatMap(({ kind, key }) => (kind === 'Pod' ? [{ kind, key, object: undefined }] : []));
    const { ended, points: deltas } = compiler.apply(ends, now);
    expect([ended.length, deltas.get('pods')?.groups[0]?.removed.length]).toEqual([count + 1, count]);
  });
});
