import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, anOrigin, aRule } from '../../../../test/kit/builders.ts';
import type { Change } from '../../model/plan.ts';
import type { Resource } from '../../model/resource.ts';
import { diff } from '../diff.ts';
import { guard } from './guards.ts';

const company = anOrigin({ kind: 'ClusterEgressPolicy', namespace: '', name: 'company', tier: 'Baseline' });
const everyone = { id: '00000000000b', members: ['10.0.0.1', '10.0.0.9'] };
const rules = ['000000000001', '000000000002', '000000000003'].map((id) =>
  aRule({ id, sources: [everyone.id], origin: company }),
);
const desired = aDesiredState({
  groups: [aGroup(everyone)],
  rules,
  withheld: [{ namespace: 'shop', policies: ['secret'], members: ['10.0.0.1'] }],
});

const group: Resource = {
  kind: 'group',
  name: 'all',
  spec: {},
  members: everyone.members,
  refs: [],
  effect: 'Accept',
  desiredId: everyone.id,
};
const rule = (name: string, position: number, fields: Partial<Resource> = {}): Resource => ({
  kind: 'rule',
  name,
  spec: {},
  refs: [{ kind: 'group', name: 'all' }],
  effect: 'Accept',
  position,
  ...fields,
});
const ofCompany = (at: number, position: number): Resource =>
  rule(`company-${at}`, position, { desiredId: rules[at]?.id ?? '' });
const secret = (position: number): Resource =>
  rule('secret', position, { effect: 'Deny', origin: 'EgressPolicy/shop/secret' });

function guarded(
  wanted: readonly Resource[],
  found: readonly Resource[],
  limits = { maxRemovals: 50, maxRemovalsPercent: 20 },
) {
  const observed = { complete: true, resources: found, foreign: [] };
  return guard({ plan: diff(wanted, found), desired, observed, synced: true, ended: new Set(), limits });
}
const placed = (changes: readonly Change[]) =>
  changes.flatMap((change) => ('place' in change ? [`${change.key.name} after ${change.place.after}`] : []));

describe('a policy that cannot be read', () => {
  it('keeps its rule, and has new grants of others stand behind it', () => {
    const found = [group, ofCompany(0, 0), secret(1)];
    const { allowed, violations } = guarded([group, ofCompany(0, 0), ofCompany(1, 1)], found);
    expect(violations).toMatchObject([{ guard: 'unreadable-policy', keys: [{ name: 'secret' }] }]);
    expect(placed(allowed)).toEqual(['company-1 after secret']);
  });

  it('leaves grants where they belong that stand behind it anyway, one after the other', () => {
    const deny = rule('company-deny', 1, { effect: 'Deny', desiredId: rules[0]?.id ?? '' });
    const wanted = [group, { ...deny, position: 0 }, ofCompany(1, 1), ofCompany(2, 2)];
    const { allowed } = guarded(wanted, [group, secret(0), deny]);
    expect(placed(allowed)).toEqual(['company-1 after company-deny', 'company-2 after company-1']);
  });

  it('holds nobody up where nothing of its namespace is on the device', () => {
    const { allowed, violations } = guarded([group, ofCompany(0, 0)], [group]);
    expect([violations, placed(allowed)]).toEqual([[], ['company-0 after null']]);
  });

  it('has what others share go without its own pods, and holds what has no order', () => {
    const before = { ...group, members: [] };
    const { allowed } = guarded([group, ofCompany(0, 0)], [before, ofCompany(0, 0), secret(1)]);
    expect(allowed).toMatchObject([{ op: 'members', add: ['10.0.0.9'] }]);
    const unordered: Resource = {
      kind: 'object',
      name: 'a',
      spec: { to: 1 },
      refs: [{ kind: 'group', name: 'all' }],
      effect: 'Accept',
      decides: true,
      desiredId: rules[0]?.id ?? '',
    };
    expect(guarded([group, unordered], [group]).allowed).toEqual([]);
  });
});
