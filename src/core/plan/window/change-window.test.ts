import { describe, expect, it } from 'vitest';
import type { DesiredState, Rule } from '../../model/desired.ts';
import type { Resource } from '../../model/resource.ts';
import { closedUntil } from './change-window.ts';
import { diff } from '../diff.ts';
import { guard } from '../guard/guards.ts';

type Windows = NonNullable<Parameters<typeof closedUntil>[0]>;
const nights: Windows[number] = { days: ['Mon', 'Fri'], from: '22:00', to: '04:00', timeZone: 'Europe/Berlin' };
const isOpen = (windows: Windows | undefined, at: string): boolean =>
  closedUntil(windows, Date.parse(at)) === undefined;

describe('a change window', () => {
  it('is always open where none is written', () => {
    expect(isOpen(undefined, '2026-11-30T12:00:00Z')).toBe(true);
  });

  it.each([
    ['2026-11-30T20:59:00Z', false], // Monday, 21:59 in Berlin
    ['2026-11-30T21:00:00Z', true],
    ['2026-12-01T02:59:00Z', true], // Tuesday, of the night that began on Monday
    ['2026-12-01T03:00:00Z', false],
    ['2026-12-01T21:30:00Z', false], // Tuesday is no day on which it begins
    ['2026-12-05T01:00:00Z', true], // Saturday, of Friday's
    ['2026-06-01T20:30:00Z', true], // summer time: 22:30
    ['2026-06-01T21:30:00Z', true],
    ['2026-06-02T02:30:00Z', false], // 04:30
  ])('through the night, on its days and in its time zone: %s %s', (at, expected) => {
    expect(isOpen([nights], at)).toBe(expected);
  });

  it('says when it opens, and is never open in a time zone that there is not', () => {
    const noon = Date.parse('2026-11-30T12:00:00Z');
    expect(closedUntil([nights], noon)).toBe('Mon Fri 22:00-04:00 Europe/Berlin');
    const nowhere: Windows[number] = { days: ['Mon'], from: '00:00', to: '00:00', timeZone: 'Nowhere/City' };
    expect(isOpen([nowhere], '2026-11-30T12:00:00Z')).toBe(false);
    expect(isOpen([{ ...nowhere, timeZone: 'UTC' }], '2026-11-30T12:00:00Z')).toBe(true);
  });
});

const group = (members: readonly string[], desiredId: string): Resource => {
  return { kind: 'group', name: desiredId, desiredId, spec: {}, members, refs: [], effect: 'Accept' };
};
const accept = (name: string, ...to: readonly string[]): Resource => ({
  kind: 'rule',
  name,
  desiredId: name,
  spec: { to },
  refs: [{ kind: 'group', name: 'g1' }],
  effect: 'Accept',
  decides: true,
});
const rule = (id: string, breakGlass: boolean): Rule => ({
  id,
  action: 'Accept',
  sources: ['g1'],
  destination: { any: false, names: [], networks: ['192.0.2.0/24'] },
  ports: [],
  log: false,
  origin: {
    ...{
      kind: 'EgressPolicy',
      namespace: 'shop',
      name: id,
      uid: '',
      generation: 1,
      tier: 'Namespace',
      field: 'spec.to[0]',
    },
    ...(breakGlass && { approvedBy: { approver: 'dan', approval: 'a', until: '2027-01-01T00:00:00Z', breakGlass } }),
  },
});
const desired: DesiredState = {
  point: 'edge',
  defaultAction: 'Deny',
  groups: [{ id: 'g1', role: 'Accept', title: 'pods', members: [] }],
  rules: [rule('r1', false), rule('r2', true), rule('r3', false)],
};

function guarded(wanted: readonly Resource[], found: readonly Resource[]): ReturnType<typeof guard<Resource>> {
  return guard({
    plan: diff(wanted, found),
    desired,
    observed: { complete: true, resources: found, foreign: [] },
    synced: true,
    ended: new Set(),
    limits: { maxRemovals: 50, maxRemovalsPercent: 100 },
    closedUntil: 'Mon 22:00-04:00 UTC',
  });
}

function passed(wanted: readonly Resource[], found: readonly Resource[]): readonly string[] {
  const { allowed, violations } = guarded(wanted, found);
  expect(violations.filter((one) => one.guard !== 'change-window')).toEqual([]);
  return allowed.map(({ op, key }) => `${op} ${key.name}`);
}

describe('outside of a change window', () => {
  const pods = group(['10.0.0.1'], 'g1');

  it('rules that permit more wait', () => {
    expect(passed([pods, accept('r1', 'a'), accept('r3', 'b')], [pods, accept('r1', 'a')])).toEqual([]);
    expect(passed([pods, accept('r1', 'a', 'b')], [pods, accept('r1', 'a')])).toEqual([]);
    expect(passed([pods, accept('r1', 'b')], [pods, accept('r1', 'a')])).toEqual([]);
    // To many devices an empty list is everything.
    expect(passed([pods, accept('r1')], [pods, accept('r1', 'a')])).toEqual([]);
  });

  it('is said of what waits, and no more: of a rule that leads elsewhere nobody can tell whether it permits more', () => {
    const { violations } = guarded([pods, accept('r1', 'b')], [pods, accept('r1', 'a')]);
    expect(violations.map(({ message }) => message)).toEqual([
      '1 change waits for a change window (Mon 22:00-04:00 UTC): rule/r1.',
    ]);
  });

  it('what permits less goes', () => {
    expect(passed([pods, accept('r1', 'a')], [pods, accept('r1', 'a'), accept('r3', 'b')])).toEqual(['delete r3']);
    expect(passed([pods, accept('r1', 'a')], [pods, accept('r1', 'a', 'b')])).toEqual(['update r1']);
    expect(passed([group([], 'g1'), accept('r1', 'a')], [pods, accept('r1', 'a')])).toEqual(['members g1']);
  });

  it('a rule that denies less waits, and one that denies more goes', () => {
    const deny = (...to: readonly string[]): Resource => ({ ...accept('r1', ...to), effect: 'Deny' });
    expect(passed([pods, deny('a')], [pods, deny('a', 'b')])).toEqual([]);
    expect(passed([pods, deny('a', 'b')], [pods, deny('a')])).toEqual(['update r1']);
    // From or to an empty list, which may be everything or nothing.
    expect(passed([pods, deny('a')], [pods, deny()])).toEqual([]);
    expect(passed([pods], [pods, deny('a')])).toEqual([]);
    expect(passed([pods, accept('r1', 'a')], [pods, deny('a', 'b')])).toEqual([]);
  });

  it('pods join what is permitted to them already, but destinations do not', () => {
    const more = group(['10.0.0.1', '10.0.0.2'], 'g1');
    expect(passed([more, accept('r1', 'a')], [pods, accept('r1', 'a')])).toEqual(['members g1']);
    const [near, far] = [group(['192.0.2.0/24'], 'd1'), group(['192.0.2.0/24', '0.0.0.0/0'], 'd1')];
    const used = { ...accept('r1', 'a'), refs: [{ kind: 'group', name: 'd1' }] };
    expect(passed([pods, far, used], [pods, near, used])).toEqual([]);
  });

  it('what is in force in an emergency goes', () => {
    expect(passed([pods, accept('r1', 'a'), accept('r2', 'b')], [pods, accept('r1', 'a')])).toEqual(['create r2']);
  });
});
