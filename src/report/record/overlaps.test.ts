import { expect, it } from 'vitest';
import type { ObjectAt } from '../../core/audit/history.ts';
import { overlapsOf, type PointOfCluster } from './overlaps.ts';

function point(cluster: string, members: readonly string[]): PointOfCluster {
  const group: ObjectAt = {
    ...{ kind: 'group', name: 'g', id: 'g', title: 'web', policies: [], rule: undefined, members: new Set(members) },
    ...{ exact: true, since: '', changedAt: '', reason: 'first-sync', confirmedAt: '' },
  };
  return { cluster, name: `${cluster}/edge`, state: { byId: new Map([['g', [group]]]) } };
}

const told = (...points: readonly PointOfCluster[]): readonly string[] =>
  overlapsOf(points).map(({ message }) => message.split(':')[0] ?? '');

it('counts addresses and networks that stand in groups of several clusters as what they are', () => {
  expect(told(point('east', ['10.0.0.0/8']), point('west', ['10.0.0.0/8', '10.0.0.7']))).toEqual([
    '1 network (10.0.0.0/8) stands in groups of east/edge and west/edge',
  ]);
  expect(told(point('east', ['10.0.0.0/8', '10.0.0.7']), point('west', ['10.0.0.0/8', '10.0.0.7']))).toEqual([
    '1 address (10.0.0.7) and 1 network (10.0.0.0/8) stand in groups of east/edge and west/edge',
  ]);
  expect(told(point('east', ['10.0.0.1']), point('east', ['10.0.0.1']), point('west', []))).toEqual([]);
});
