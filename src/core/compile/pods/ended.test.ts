import { expect, it } from 'vitest';
import type { ObjectChange } from '../../model/snapshot.ts';
import { Compiler } from '../compiler.ts';
import { changesOf, node, pod, point, policy } from '../testing/builders.ts';

const now = '2026-06-01T00:00:00Z';

function afterLosing(change: Pick<ObjectChange, 'cause'>): unknown {
  const compiler = new Compiler();
  const objects = {
    enforcementPoints: [point('edge')],
    pods: [pod('shop/web', { addresses: ['10.0.0.1'] })],
    egressPolicies: [policy('shop/web', { to: [{ networks: ['203.0.113.0/24'] }] })],
  };
  compiler.apply(changesOf(objects), now);
  const gone = { kind: 'Pod', key: 'shop/web', object: undefined, ...change } as const;
  const { points, ended } = compiler.apply([gone], now);
  return { removed: points.get('edge')?.groups.map(({ removed }) => removed), ended };
}

it('explains the removal of a pod that was seen to end', () => {
  expect(afterLosing({ cause: 'watch' })).toEqual({ removed: [['10.0.0.1']], ended: ['10.0.0.1'] });
  expect(afterLosing({})).toEqual({ removed: [['10.0.0.1']], ended: ['10.0.0.1'] });
});

it('does not explain the removal of a pod that was merely missing from a list: the guard is to count it', () => {
  expect(afterLosing({ cause: 'relist' })).toEqual({ removed: [['10.0.0.1']], ended: [] });
});

it('explains what a pod let go that a list shows to have moved or completed', () => {
  const compiler = new Compiler();
  const web = pod('shop/web', { addresses: ['10.0.0.1'] });
  compiler.apply(changesOf({ enforcementPoints: [point('edge')], pods: [web] }), now);
  const listed = (object: typeof web): ObjectChange => ({ kind: 'Pod', key: 'shop/web', object, cause: 'relist' });
  const moved = { ...web, addresses: ['10.0.0.2'] };
  expect(compiler.apply([listed(moved)], now).ended).toEqual(['10.0.0.1']);
  expect(compiler.apply([listed({ ...moved, phase: 'Succeeded' })], now).ended).toEqual(['10.0.0.2']);
});

it('explains what a pod let go on one network, though it has the same address on another', () => {
  const compiler = new Compiler();
  const web = pod('shop/web', { addresses: ['10.0.0.1'] });
  const attached = pod('shop/web', { attachments: [{ network: 'telco/a', addresses: ['10.0.0.1'] }] });
  compiler.apply(changesOf({ enforcementPoints: [point('edge')], pods: [web] }), now);
  expect(compiler.apply(changesOf({ pods: [attached] }), now).ended).toEqual(['10.0.0.1']);
  expect(compiler.apply(changesOf({ pods: [web] }), now).ended).toEqual(['10.0.0.1']);
});

it('takes from a pod whose node is gone what another node has by now, and explains it, in any order', () => {
  const web = pod('shop/web', { addresses: ['10.0.0.1'], node: 'old' });
  const egressPolicies = [policy('shop/web', { to: [{ networks: ['203.0.113.0/24'] }] })];
  const compiler = new Compiler();
  const members = (): unknown => compiler.desired('edge')?.groups.map((group) => group.members);
  const nodes = [node('old', '192.0.2.1')];
  compiler.apply(changesOf({ enforcementPoints: [point('edge')], pods: [web], egressPolicies, nodes }), now);
  const gone = (name: string) => ({ kind: 'Node', key: name, object: undefined }) as const;
  // The process of a virtual node runs in a pod, whose address that node has.
  expect(compiler.apply(changesOf({ nodes: [node('new', '10.0.0.1')] }), now).ended).toEqual([]);
  expect(members()).toEqual([['10.0.0.1']]);
  expect(compiler.apply([gone('old')], now).ended).toEqual(['10.0.0.1']);
  expect(members()).toEqual([[]]);
  compiler.apply([gone('new')], now);
  expect(members()).toEqual([['10.0.0.1']]);
  expect(compiler.apply(changesOf({ nodes: [node('new', '10.0.0.1')] }), now).ended).toEqual(['10.0.0.1']);
  compiler.apply(changesOf({ nodes }), now);
  expect(members()).toEqual([['10.0.0.1']]);
});
