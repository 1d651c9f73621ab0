import { expect, it } from 'vitest';
import { aGroup, anOrigin, aRule } from '../../../test/kit/builders.ts';
import { withinCapacity } from './capacity.ts';

const noRoom = { code: 'too-many-groups', message: (what: string) => what };
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
