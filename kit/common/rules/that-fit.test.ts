import { expect, it } from 'vitest';
import type { Rule } from '../../../src/core/model/desired.ts';
import { anOrigin, aRule } from '../../../test/kit/builders.ts';
import { rulesThatFit } from './that-fit.ts';

const noRoom = { code: 'too-many-rules', message: 'there is no room' } as const;
const made = (id: string, day: number, more: Partial<Rule> = {}): Rule => ({
  ...aRule({ id, origin: anOrigin({ name: id, createdAt: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z` }) }),
  ...more,
});
/** Room for so many ports. */
const roomFor =
  (most: number) =>
  (rules: readonly Rule[]): boolean =>
    rules.reduce((sum, { ports }) => sum + ports.length, 0) <= most;
const sized = (ports: number): Pick<Rule, 'ports'> => ({
  ports: Array.from({ length: ports }, (_, at) => ({ protocol: 'TCP', port: at + 1 })),
});
const fitting = (rules: readonly Rule[], most: number): readonly [readonly string[], readonly string[]] => {
  const fit = rulesThatFit(rules, roomFor(most), noRoom, ({ ports }) => Math.max(1, ports.length));
  return [fit.rules.map(({ id }) => id), fit.losses.map(({ id }) => id)];
};

it('keeps all that fit, and leaves out the newest otherwise', () => {
  const rules = [made('c', 3), made('a', 1), made('d', 4), made('b', 2)];
  expect(fitting(rules, 4)).toEqual([['c', 'a', 'd', 'b'], []]);
  expect(fitting(rules, 2)).toEqual([
    ['a', 'b'],
    ['d', 'c'],
  ]);
});

it('leaves out the policy that is too large, not those that came after it', () => {
  const rules = [made('a', 1), made('b', 2, sized(50)), made('c', 3), made('d', 4)];
  expect(fitting(rules, 10)).toEqual([['a', 'c', 'd'], ['b']]);
});

it('accepts nothing while a denying rule is left out', () => {
  const rules = [made('a', 1), made('d', 9, { action: 'Deny' }), made('e', 8, { action: 'Deny', ...sized(50) })];
  expect(fitting(rules, 10)).toEqual([[], ['a', 'd', 'e']]);
  expect(fitting(rules.slice(0, 2), 1)).toEqual([['d'], ['a']]);
});

it('gives each namespace one rule after the other, so that the Denies of one cost no other anything', () => {
  const denies = Array.from({ length: 9 }, (_, at) =>
    made(`h${at}`, 1, { action: 'Deny', origin: anOrigin({ namespace: 'hostile', name: `h${at}` }) }),
  );
  const shop = [made('s1', 5), made('s2', 6)];
  expect(
    fitting(
      [...denies, made('h9', 1, { origin: anOrigin({ namespace: 'hostile' }) }), ...shop].map((rule) => ({
        ...rule,
        ...sized(1),
      })),
      6,
    )[0],
  ).toEqual(['h0', 'h1', 'h2', 'h3', 's1', 's2']);
});

it('accepts nothing for anybody while a Deny against everybody is left out', () => {
  const everybody = made('d', 9, { action: 'Deny', origin: anOrigin({ kind: 'ClusterEgressPolicy', namespace: '' }) });
  expect(fitting([made('s', 1, sized(1)), { ...everybody, ...sized(3) }], 2)[0]).toEqual([]);
});

const of = (namespace: string, id: string, more: Partial<Rule> = {}): Rule => {
  const rule = made(id, 5, more);
  return {
    ...rule,
    origin: { ...rule.origin, namespace, createdAt: namespace === 'hostile' ? '2020-01-01' : '2026-01-05' },
  };
};

it.each<readonly [string, readonly Rule[]]>([
  ['denying rules that are too large', [of('hostile', 'h1', { action: 'Deny', ...sized(50) }), of('hostile', 'h2')]],
  ['many small denying rules', many('Deny', 30, 1)],
  ['many small accepting rules', many('Accept', 30, 1)],
  ['more that are too large than are passed over', many('Accept', 30, 50)],
])('lets %s of a namespace, older than all others, cost nobody else anything', (_, hostile) => {
  const others = ['a', 'b', 'c', 'd'].map((name) => of(name, name));
  const [kept, lost] = fitting([...hostile, ...others], 10);
  expect(others.filter(({ id }) => !kept.includes(id))).toEqual([]);
  expect(new Set([...kept, ...lost]).size).toBe(hostile.length + others.length);
  expect(kept).not.toContain('h2');
});

it('accepts nothing at all while one against everybody is left out', () => {
  const everybody = of('', 'everybody', { action: 'Deny', ...sized(50) });
  expect(fitting([everybody, of('a', 'a'), of('', 'all')], 10)[0]).toEqual([]);
});

function many(action: Rule['action'], count: number, ports: number): readonly Rule[] {
  return Array.from({ length: count }, (_, at) => of('hostile', `m${at}`, { action, ...sized(ports) }));
}
