import { describe, expect, it } from 'vitest';
import type { DesiredState, Rule } from '../../model/desired.ts';
import type { Resource } from '../../model/resource.ts';
import { diff } from '../diff.ts';
import { guard, needsGuard, type GuardInput } from './guards.ts';

const addresses = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.0.${index}`);
const group = (members: readonly string[], name = 'g'): Resource => ({
  kind: 'group',
  name,
  spec: {},
  members,
  refs: [],
  effect: 'Accept',
});
const nothing: DesiredState = { point: 'edge', defaultAction: 'Deny', groups: [], rules: [] };
const rule: Rule = {
  id: 'r1',
  action: 'Accept',
  sources: ['g1'],
  destination: { any: true, names: [], networks: [] },
  ports: [],
  log: false,
  origin: {
    kind: 'EgressPolicy',
    namespace: 'shop',
    name: 'open',
    uid: '',
    generation: 1,
    tier: 'Namespace',
    field: 'spec.to[0]',
  },
};

function input(wanted: readonly Resource[], found: readonly Resource[], rest: Partial<GuardInput> = {}): GuardInput {
  return {
    plan: diff(wanted, found),
    desired: nothing,
    observed: { complete: true, resources: found, foreign: [] },
    synced: true,
    ended: new Set(),
    limits: { maxRemovals: 50, maxRemovalsPercent: 20 },
    ...rest,
  };
}

const names = (value: GuardInput): string[] => guard(value).violations.map((violation) => violation.guard);

describe('guard', () => {
  it('lets a plan through that takes nothing away', () => {
    const asked = input([group(addresses(100))], [group(addresses(3))]);
    expect(guard(asked)).toEqual({ violations: [], allowed: asked.plan.changes });
  });

  it.each([
    ['51 removals of 1000 are more than the number', 51, 1000, ['too-many-removals']],
    ['50 removals of 1000 are not', 50, 1000, []],
    ['10 removals of 40 are more than the share', 10, 40, ['too-many-removals']],
    ['9 removals of 10 are too few for the share to count', 9, 10, []],
  ])('%s', (_title, removed, total, expected) => {
    expect(names(input([group(addresses(total).slice(removed))], [group(addresses(total))]))).toEqual(expected);
  });

  it('never holds the withdrawal of a pod that was seen to end', () => {
    const ended = new Set(addresses(60));
    expect(names(input([group([])], [group(addresses(60))], { ended }))).toEqual([]);
  });

  it('carries out the explained withdrawals of a plan it holds', () => {
    const found = [group(addresses(100))];
    const { violations, allowed } = guard(
      input([], found.concat(group(['10.9.9.9'], 'h')), { ended: new Set(['10.0.0.1']) }),
    );
    expect(violations.map((violation) => violation.guard)).toEqual(['too-many-removals']);
    expect(allowed).toMatchObject([
      { op: 'members', phase: 'revoke', key: { name: 'g' }, remove: ['10.0.0.1'], add: [] },
    ]);
    const shrunk = guard(input([group(addresses(20))], found, { ended: new Set(['10.0.0.70']) }));
    expect(shrunk.allowed.map((change) => (change.op === 'members' ? change.remove : []))).toEqual([['10.0.0.70']]);
  });

  it('renews the members of a group whose removals it holds, and those alone that stay', () => {
    const found = { ...group(addresses(100)), spec: { renewed: false } };
    const wanted = { ...group([...addresses(10), '10.0.9.9']), spec: { renewed: true } };
    const { violations, allowed } = guard(input([wanted], [found], { ended: new Set(['10.0.0.70']) }));
    expect(violations.map((violation) => violation.guard)).toEqual(['too-many-removals']);
    const stay = addresses(100).filter((member) => member !== '10.0.0.70');
    expect(allowed).toMatchObject([
      { op: 'members', phase: 'revoke', remove: ['10.0.0.70'] },
      { op: 'update', after: { spec: { renewed: true }, members: stay } },
      { op: 'members', phase: 'extend', add: ['10.0.9.9'] },
    ]);
  });

  it('holds everything before the caches are filled, and after a partial read', () => {
    expect(names(input([], [], { synced: false }))).toEqual(['not-synced']);
    expect(names(input([], [], { observed: { complete: false, resources: [], foreign: [] } }))).toEqual([
      'incomplete-read',
    ]);
  });

  it('does not take a list of every pod for an explanation while something is not seen', () => {
    const found = [group(addresses(3))];
    const seen = (synced: boolean) =>
      guard(input([group(addresses(1))], found, { synced, ended: new Set(['*', '10.0.0.2']) })).allowed;
    expect(seen(false)).toMatchObject([{ remove: ['10.0.0.2'] }]);
    expect(seen(true)).toMatchObject([{ remove: ['10.0.0.1', '10.0.0.2'] }]);
  });

  it('holds an accepting rule without a source, and one from everyone to everywhere', () => {
    expect(names(input([], [], { desired: { ...nothing, rules: [{ ...rule, sources: [] }] } }))).toEqual([
      'empty-source',
    ]);
    const everyone = { id: 'g1', role: 'Accept', title: '', members: ['0.0.0.0/0'] } as const;
    expect(names(input([], [], { desired: { ...nothing, groups: [everyone], rules: [rule] } }))).toEqual(['any-any']);
  });

  it('leaves out what collides with a foreign object, and what needs it, and nothing else', () => {
    const user: Resource = {
      kind: 'rule',
      name: 'r',
      spec: {},
      refs: [{ kind: 'group', name: 'g' }],
      effect: 'Accept',
      position: 0,
    };
    const observed = {
      complete: true,
      resources: [],
      foreign: [{ kind: 'group', name: 'g', found: 'comment: office' }],
    };
    const { violations, allowed } = guard(input([group(['10.0.0.1']), group([], 'other'), user], [], { observed }));
    expect(violations).toEqual([
      {
        guard: 'foreign-object',
        keys: [{ kind: 'group', name: 'g' }],
        message:
          'group g: an object without our mark is in its place (comment: office). It is left alone; rename or remove it.',
      },
    ]);
    expect(allowed.map(({ key }) => key.name)).toEqual(['other']);
  });
});

describe('needsGuard', () => {
  it('asks for a look at the whole from ten unexplained removals on', () => {
    const delta = (removed: string[]) => [{ id: 'g', role: 'Accept', added: [], removed } as const];
    const limits = { maxRemovals: 50, maxRemovalsPercent: 20 };
    expect(needsGuard(delta(addresses(9)), new Set(), limits)).toBe(false);
    expect(needsGuard(delta(addresses(10)), new Set(), limits)).toBe(true);
    expect(needsGuard(delta(addresses(10)), new Set(['10.0.0.3']), limits)).toBe(false);
  });
});
