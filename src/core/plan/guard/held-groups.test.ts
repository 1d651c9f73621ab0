import { expect, it } from 'vitest';
import { aDesiredState } from '../../../../test/kit/builders.ts';
import type { Change } from '../../model/plan.ts';
import type { Resource } from '../../model/resource.ts';
import { heldMembers } from './held-groups.ts';

const group = (name: string, members: readonly string[], effect: Resource['effect'] = 'Accept'): Resource => ({
  ...{ kind: 'group', name, spec: {}, refs: [], effect, members },
});
const rule = (name: string, origin: string, uses: readonly Resource[]): Resource => ({
  ...{ kind: 'rule', name, spec: {}, effect: 'Accept', position: 1, origin },
  refs: uses.map((used) => ({ kind: used.kind, name: used.name })),
});
const gone = (before: Resource): Change => ({
  op: 'delete',
  phase: 'shrink',
  key: { kind: before.kind, name: before.name },
  before,
});

it('names who stands in accepting groups that are to go, by the namespace whose policies alone use them', () => {
  const [pay, ship, both, deny] = [
    group('pay', ['10.0.0.1', '10.0.0.2']),
    group('ship', ['10.0.0.2', '10.0.0.3']),
    group('both', ['10.0.0.4']),
    group('deny', ['10.0.0.5'], 'Deny'),
  ] as const;
  const rules = [
    rule('one', 'EgressPolicy/shop/pay', [pay, both]),
    rule('two', 'EgressPolicy/shop/ship', [ship]),
    rule('three', 'EgressPolicy/news/feed', [both]),
  ];
  const observed = { resources: [pay, ship, both, deny, ...rules] };
  const held = heldMembers([...observed.resources.map(gone)], { desired: aDesiredState({ rules: [] }), observed });
  expect(held).toEqual([
    { namespace: 'shop', members: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] },
    { namespace: '', members: ['10.0.0.4'] },
  ]);
});

it('names no more than ten thousand, nor whoever is denied by what is to go', () => {
  const many = group(
    'many',
    Array.from({ length: 10_000 }, (_, at) => `10.1.${at >> 8}.${at & 255}`),
  );
  const more = group('more', ['10.0.0.1']);
  const denied = group('denied', ['10.0.0.2'], 'Deny');
  const rules = [rule('one', 'EgressPolicy/shop/pay', [many, more, denied])];
  const observed = { resources: [denied, many, more, ...rules] };
  const held = heldMembers(observed.resources.map(gone), { desired: aDesiredState({ rules: [] }), observed });
  expect(held.map(({ namespace, members }) => [namespace, members.length])).toEqual([['shop', 10_000]]);
  expect(held[0]?.members).not.toContain('10.0.0.1');
});
