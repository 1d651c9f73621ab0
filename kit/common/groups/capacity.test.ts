import { expect, it } from 'vitest';
import { aGroup, anOrigin, aRule } from '../../../test/kit/builders.ts';
import { withinCapacity } from './capacity.ts';

const noRoom = { code: 'too-many-groups', message: (what: string) => what } as const;
const made = (id: string, createdAt: string) => aRule({ id: `1${id}`, sources: [id], origin: anOrigin({ createdAt }) });

it('leaves out what the newest policy needs, whatever it is called', () => {
  const groups = ['c', 'a', 'b'].map((id) => aGroup({ id }));
  const rules = [
    made('a', '2026-03-01T00:00:00Z'),
    made('b', '2026-01-01T00:00:00Z'),
    made('c', '2026-02-01T00:00:00Z'),
  ];
  const { groups: kept, losses } = withinCapacity({ groups, rules }, 2, noRoom);
  expect(kept.map(({ id }) => id)).toEqual(['c', 'b']);
  expect(losses).toEqual([{ effect: 'rejected', id: '1a', code: 'too-many-groups', message: 'the rule is left out' }]);
});

it('tells the newest policies first', () => {
  const groups = ['a', 'b', 'c', 'd'].map((id) => aGroup({ id }));
  const rules = [
    made('a', '2026-01-01T00:00:00Z'),
    made('b', '2026-02-01T00:00:00Z'),
    made('c', '2026-04-01T00:00:00Z'),
    made('d', '2026-03-01T00:00:00Z'),
  ];
  const { losses } = withinCapacity({ groups, rules }, 1, noRoom);
  expect(losses.map(({ id }) => id)).toEqual(['1c', '1d', '1b']);
});

it('keeps a group that an older policy needs, too, and denying groups before all others', () => {
  const groups = [aGroup({ id: 'a' }), aGroup({ id: 'b' }), aGroup({ id: 'd', role: 'Deny' })];
  const rules = [
    made('a', '2026-05-01T00:00:00Z'),
    made('a', '2026-01-01T00:00:00Z'),
    made('b', '2026-02-01T00:00:00Z'),
    { ...made('d', '2026-06-01T00:00:00Z'), action: 'Deny' as const },
  ];
  expect(withinCapacity({ groups, rules }, 2, noRoom).groups.map(({ id }) => id)).toEqual(['a', 'd']);
});

it('leaves out accepting groups without members before all others: they let nobody out', () => {
  const groups = [aGroup({ id: 'a', members: [] }), aGroup({ id: 'b', members: ['10.0.0.1'] })];
  const rules = [made('a', '2026-01-01T00:00:00Z'), made('b', '2026-02-01T00:00:00Z')];
  expect(withinCapacity({ groups, rules }, 1, noRoom).groups.map(({ id }) => id)).toEqual(['b']);
});

it('counts a group for what it takes of the device', () => {
  const groups = [aGroup({ id: 'a', members: ['10.0.0.1', '10.0.0.2'] }), aGroup({ id: 'b' })];
  const rules = [made('a', '2026-01-01T00:00:00Z'), made('b', '2026-02-01T00:00:00Z')];
  const keptOf = (limit: number) =>
    withinCapacity({ groups, rules }, limit, noRoom, ({ members }) => Math.max(1, members.length)).groups.map(
      ({ id }) => id,
    );
  expect([keptOf(3), keptOf(2), keptOf(1)]).toEqual([['a', 'b'], ['a'], []]);
});

const of = (namespace: string, id: string, role: 'Accept' | 'Deny', createdAt = '2026-05-01T00:00:00Z') => {
  const rule = { ...made(id, createdAt), action: role, origin: anOrigin({ namespace, createdAt }) };
  return { group: aGroup({ id, role, members: [`10.0.0.${id.length}`] }), rule };
};
const kept = (all: readonly ReturnType<typeof of>[], limit: number): readonly string[] =>
  withinCapacity({ groups: all.map(({ group }) => group), rules: all.map(({ rule }) => rule) }, limit, noRoom)
    .groups.map(({ id }) => id)
    .sort();

it('gives each namespace one group after the other, whoever was there first', () => {
  const hostile = ['h1', 'h2', 'h3', 'h4'].map((id) => of('hostile', id, 'Deny', '2026-01-01T00:00:00Z'));
  const others = [of('shop', 's1', 'Accept'), of('shop', 's2', 'Accept'), of('bank', 'b1', 'Accept')];
  expect(kept([...hostile, ...others], 5)).toEqual(['b1', 'h1', 'h2', 's1', 's2']);
});

it('accepts nothing of a namespace while one of its own Deny is left out', () => {
  const all = [
    of('shop', 'a', 'Accept', '2026-01-01T00:00:00Z'),
    of('shop', 'd', 'Deny'),
    of('bank', 'b', 'Accept', '2026-02-01T00:00:00Z'),
  ];
  expect(kept(all, 2)).toEqual(['b', 'd']);
  expect(kept(all, 1)).toEqual(['b']);
});

it('begins with what cluster-wide policies deny', () => {
  const all = [of('shop', 'a', 'Accept', '2026-01-01T00:00:00Z'), of('', 'd', 'Deny'), of('', 'c', 'Accept')];
  expect(kept(all, 1)).toEqual(['d']);
  expect(kept(all, 2)).toEqual(['a', 'd']);
});

it('leaves out denying groups without members before those of anybody with some', () => {
  const all = [of('shop', 'a', 'Accept'), of('hostile', 'd', 'Deny'), of('hostile', 'e', 'Accept')];
  const [first, second, third] = all;
  if (!first || !second || !third) throw new Error('three are made');
  const empty = { ...second, group: { ...second.group, members: [] } };
  expect(kept([first, empty, third], 2)).toEqual(['a', 'e']);
});

it('counts what a group takes, and goes on with others where one is too large', () => {
  const all = [
    of('hostile', 'h1', 'Deny', '2026-01-01T00:00:00Z'),
    of('shop', 's1', 'Accept'),
    of('bank', 'b1', 'Accept'),
  ];
  const sizeOf = ({ id }: { readonly id: string }): number => (id === 'h1' ? 9 : 1);
  const { groups } = withinCapacity(
    { groups: all.map(({ group }) => group), rules: all.map(({ rule }) => rule) },
    5,
    noRoom,
    sizeOf,
  );
  expect(groups.map(({ id }) => id)).toEqual(['s1', 'b1']);
});
