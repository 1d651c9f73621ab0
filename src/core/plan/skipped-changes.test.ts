import { describe, expect, it } from 'vitest';
import type { Change } from '../model/plan.ts';
import type { Resource } from '../model/resource.ts';
import { SkippedChanges } from './skipped-changes.ts';

const rule = (name: string, group = `${name}-src`): Resource => ({
  kind: 'rule',
  name,
  spec: {},
  refs: [{ kind: 'group', name: group }],
  effect: name.startsWith('D') ? 'Deny' : 'Accept',
  position: 0,
});
const ruleKey = (name: string): Change['key'] => ({ kind: 'rule', name });
const create = (name: string, after: string | null): Change => ({
  op: 'create',
  phase: name.startsWith('D') ? 'grow' : 'wire',
  key: ruleKey(name),
  after: rule(name),
  place: { after },
});
const update = (name: string): Change => ({
  op: 'update',
  phase: 'wire',
  key: ruleKey(name),
  before: rule(name, 'old'),
  after: rule(name, 'new'),
});
const remove = (name: string): Change => ({ op: 'delete', phase: 'shrink', key: ruleKey(name), before: rule(name) });
const admit = (group: string): Change => ({
  op: 'members',
  phase: 'extend',
  key: { kind: 'group', name: group },
  add: ['10.0.0.1'],
  remove: [],
});

function without(...changes: Change[]): SkippedChanges<Resource> {
  const leftOut = new SkippedChanges();
  for (const change of changes) leftOut.add(change);
  return leftOut;
}

describe('what has to wait', () => {
  it.each<[string, Change, Change, string | undefined]>([
    ['a rule without its group', { ...admit('A-src'), phase: 'grow' }, create('A', null), 'A-src'],
    ['an accepting rule without a denying one', create('D', null), create('A', 'D'), 'D'],
    ['members without a denying rule', create('D', null), admit('x'), 'D'],
    ['members of a rule that was not rewritten', update('A'), admit('old'), 'A'],
    ['members of what it was to be rewritten to', update('A'), admit('new'), 'A'],
    ['not members of another rule', update('A'), admit('x'), undefined],
    ['the end of a denying rule, while an accepting one is as it was', update('A'), remove('D'), 'A'],
    ['not the end of a denying rule, while an accepting one is missing', create('A', null), remove('D'), undefined],
    ['not another accepting rule', create('A', null), create('B', null), undefined],
  ])('%s', (_, missing, change, waitsFor) => {
    expect(without(missing).blockerOf(change)?.name).toBe(waitsFor);
  });

  it('a rule stands where the missing one before it was to stand', () => {
    const leftOut = without(create('B', 'A'), create('C', 'B'));
    expect(leftOut.anchored(create('E', 'C'))).toEqual(create('E', 'A'));
  });

  it('what nothing is missing for stays the same', () => {
    const change = create('B', 'A');
    expect(without(create('C', null)).anchored(change)).toBe(change);
  });
});
