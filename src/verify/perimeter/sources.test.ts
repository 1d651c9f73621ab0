import { expect, it } from 'vitest';
import type { Node, Pod } from '../../core/model/snapshot.ts';
import { SnapshotKeeper } from '../../core/model/snapshot-keeper.ts';
import { changesOf, node, pod } from '../../core/compile/testing/builders.ts';
import { sourcesIn } from './sources.ts';

const vantage = { type: 'Pod' } as const;
const web = pod('shop/web', { addresses: ['10.0.0.1', 'fd00::1'], node: 'old' });

function seen(one: Pod, nodes: readonly Node[]): readonly string[] {
  const cluster = new SnapshotKeeper();
  cluster.apply(changesOf({ pods: [one], nodes }));
  return sourcesIn(cluster.snapshot(), undefined, [vantage]).ofPod(one, vantage);
}

it.each([
  ['keeps all while its node is there, whatever address that has', [node('old', '10.0.0.1')], web.addresses],
  ['keeps all while no node has one of them', [node('new', '10.0.0.2')], web.addresses],
  ['loses what another node has once its own is gone', [node('new', '10.0.0.1')], ['fd00::1']],
  ['keeps what another node has while its own is there, too', [node('old'), node('new', '10.0.0.1')], web.addresses],
])('a pod %s', (_, nodes, expected) => {
  expect(seen(web, nodes)).toEqual(expected);
  expect(seen({ ...web, deleting: true }, nodes)).toEqual(expected);
});
