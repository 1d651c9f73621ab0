import { describe, expect, it } from 'vitest';
import type { Change } from '../model/plan.ts';
import type { Resource } from '../model/resource.ts';
import { diff } from './diff.ts';

const address = (name: string): Resource => ({ kind: 'address', name, spec: { ip: name }, refs: [], effect: 'None' });
const group = (name: string, effect: Resource['effect'], members: string[]): Resource => ({
  kind: 'group',
  name,
  spec: {},
  members,
  refs: members.map((member) => ({ kind: 'address', name: member })),
  effect,
});
const rule = (name: string, effect: Resource['effect'], position: number, spec = {}): Resource => ({
  kind: 'rule',
  name,
  spec,
  refs: [{ kind: 'group', name: `${name}-src` }],
  effect,
  position,
});

function told(changes: readonly Change[]): string[] {
  return changes.map((change) => {
    const members = change.op === 'members' ? ` -[${change.remove.join()}] +[${change.add.join()}]` : '';
    return `${change.phase} ${change.op} ${change.key.name}${members}`;
  });
}

describe('diff', () => {
  it('finds nothing to do where nothing differs', () => {
    const state = [address('a'), group('A-src', 'Accept', ['a']), rule('A', 'Accept', 0)];
    expect(diff(state, state).changes).toEqual([]);
  });

  it('treats what decides without order as a rule: grants last, revocations first', () => {
    const policy = (name: string, effect: Resource['effect'], members: string[] = []): Resource => ({
      ...group(name, effect, members),
      refs: [],
      decides: true,
    });
    expect(told(diff([policy('A', 'Accept'), policy('D', 'Deny'), address('a')], []).changes)).toEqual([
      'grow create a',
      'grow create D',
      'wire create A',
    ]);
    expect(told(diff([], [policy('A', 'Accept'), policy('D', 'Deny'), address('a')]).changes)).toEqual([
      'revoke delete A',
      'shrink delete D',
      'shrink delete a',
    ]);
    const [before, after] = [policy('A', 'Accept', ['x', 'y']), policy('A', 'Accept', ['y', 'z'])];
    expect(told(diff([after], [before]).changes)).toEqual(['revoke members A -[x] +[]', 'extend members A -[] +[z]']);
  });

  it('builds from the ground up: addresses, groups, denying rules, accepting rules', () => {
    const wanted = [
      rule('D', 'Deny', 0),
      rule('A', 'Accept', 1),
      group('A-src', 'Accept', ['a']),
      group('D-src', 'Deny', ['a']),
      address('a'),
    ];
    expect(told(diff(wanted, []).changes)).toEqual([
      'grow create a',
      'grow create A-src',
      'grow create D-src',
      'grow create D',
      'wire create A',
    ]);
  });

  it('takes down in the opposite order: accepting rules at once, denying rules last, then what they used', () => {
    const there = [
      address('a'),
      group('A-src', 'Accept', ['a']),
      group('D-src', 'Deny', ['a']),
      rule('D', 'Deny', 0),
      rule('A', 'Accept', 1),
    ];
    expect(told(diff([], there).changes)).toEqual([
      'revoke delete A',
      'shrink delete D',
      'shrink delete A-src',
      'shrink delete D-src',
      'shrink delete a',
    ]);
  });

  it('withdraws from accepting groups first and admits to them last, and the reverse for denying groups', () => {
    const before = [group('A', 'Accept', ['old', 'stays']), group('D', 'Deny', ['old', 'stays'])];
    const after = [group('A', 'Accept', ['new', 'stays']), group('D', 'Deny', ['new', 'stays'])];
    expect(told(diff(after, before).changes)).toEqual([
      'revoke members A -[old] +[]',
      'grow members D -[] +[new]',
      'extend members A -[] +[new]',
      'shrink members D -[old] +[]',
    ]);
  });

  it('rewrites an accepting rule in place before its group grows', () => {
    const before = [group('R-src', 'Accept', ['a']), rule('R', 'Accept', 0, { to: 'x' })];
    const after = [group('R-src', 'Accept', ['a', 'b']), rule('R', 'Accept', 0, { to: 'y' })];
    expect(told(diff(after, before).changes)).toEqual(['wire update R', 'extend members R-src -[] +[b]']);
  });

  it('compares specs by value, not by the order of their keys', () => {
    const before: Resource = { ...address('a'), spec: { x: 1, y: [{ b: 2, a: 1 }] } };
    const after: Resource = { ...address('a'), spec: { y: [{ a: 1, b: 2 }], x: 1 } };
    expect(diff([after], [before]).changes).toEqual([]);
  });
});
