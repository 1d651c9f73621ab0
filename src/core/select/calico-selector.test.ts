import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Labels } from '../model/snapshot.ts';
import { parseSelector } from '../../verify/network/calico/selector.ts';
import { calicoAlternatives } from './calico-selector.ts';
import { requirementsMatch, requirementsText } from './requirements.ts';

const many = (count: number, text: (n: number) => string, by: string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(by);

it.each<[string, Labels, Labels]>([
  ["a in {'x', 'y'}", { a: 'y' }, { a: 'z' }],
  ["a in {'x',}", { a: 'x' }, {}],
  ["a not in {'x'} && has(a)", { a: 'y' }, { a: 'x' }],
  ["!(a == 'x' || !has(b))", { b: '' }, { a: 'x', b: '' }],
  ["a contains 'b'", { a: 'abc' }, { a: 'ac' }],
  ["a starts with 'x' && a ends with\t'z'", { a: 'x-z' }, { a: 'z-x' }],
  ["!(a startswith 'x') && a != 'y'", {}, { a: 'xy' }],
  ["! ! a contains''", { a: '' }, {}],
  ["a in{'x'}", { a: 'x' }, { a: 'y' }],
  ["a notin{'x', 'no value!'} && all( )", { a: 'y' }, { a: 'x' }],
  ['has( a ) && all( )', { a: '' }, { b: 'a' }],
])('reads %s as the judge does', (text, taken, left) => {
  const test = parseSelector(text);
  expect(calicoAlternatives(text)).toHaveLength(1);
  expect([test?.(taken), test?.(left)]).toEqual([true, false]);
});

it('reads what nothing and what everything fulfils', () => {
  const read = ['global()', "a == 'x,b=y'", "a contains ' '", '', "a != 'no value!'", '!global()'].map(
    calicoAlternatives,
  );
  expect(read).toEqual([[], [], [], [[]], [[]], [[]]]);
});

it('says what it reads differently where it says something else', () => {
  const texts = ["a contains 'x'", "!(a contains 'x')", "a starts with 'x'", "a contains 'x' && a != 'x'", 'has(a)'];
  const read = texts.map((text) => calicoAlternatives(text)?.map(requirementsText).join(' or '));
  expect(new Set(read).size).toBe(texts.length);
});

/** Of every form that the language has, over a few labels. */
const selector = fc.letrec<{ any: string; comparison: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    tie('comparison'),
    fc.tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any')).map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    tie('any').map((one) => `!(${one})`),
  ),
  comparison: fc
    .tuple(
      fc.constantFrom('a', 'b'),
      fc.constantFrom('==', '!=', 'contains', 'starts with', 'ends with', 'in', 'not in', 'has'),
      fc.constantFrom('', 'x', 'y', 'xy', '!'),
    )
    .map(([key, operator, value]) => {
      if (operator === 'has') return `has(${key})`;
      return operator.endsWith('in') && operator !== 'contains'
        ? `${key} ${operator} {'${value}', 'z'}`
        : `${key} ${operator} '${value}'`;
    }),
})).any;

it('reads whatever it reads as the judge does', () => {
  const value = fc.option(fc.constantFrom('', 'x', 'y', 'xy', 'z'), { nil: undefined });
  fc.assert(
    fc.property(selector, fc.record({ a: value, b: value }), (text, given) => {
      const labels = Object.fromEntries(
        Object.entries(given).flatMap(([key, one]) => (one === undefined ? [] : [[key, one]])),
      );
      const read = calicoAlternatives(text);
      fc.pre(read !== undefined);
      expect(read.some((all) => requirementsMatch(all, labels))).toBe(parseSelector(text)?.(labels));
    }),
    { numRuns: 500 },
  );
});

it.each([
  "a in {'x' 'y'}",
  "a == 'x'\n",
  'a contains b',
  "a starts 'x'",
  "a in {,'x'}",
  "a in {'x',,'y'}",
  "a == 'x' b == 'y'",
  "(a == 'x'",
  '&&',
  "a = 'x'",
])('takes %s for no selector, as Calico does', (text) => {
  expect([calicoAlternatives(text), parseSelector(text)]).toEqual([undefined, undefined]);
});

it.each([
  ['brackets', '('.repeat(50_000)],
  ['brackets that close', `${'('.repeat(5_000)}has(a)${')'.repeat(5_000)}`],
  ['negations', `${'!'.repeat(50_000)}has(a)`],
  ['conditions', many(20_000, (n) => `a${n} == 'x'`, ' && ')],
  ['alternatives', many(20_000, (n) => `a${n} == 'x'`, ' || ')],
])('takes more %s than anybody writes for no selector', (_, text) => {
  expect([calicoAlternatives(text), parseSelector(text)]).toEqual([undefined, undefined]);
});

it('multiplies no more than anybody writes', () => {
  const either = many(63, (n) => `b${n} == 'x'`, ' || ');
  expect(calicoAlternatives(`(${either}) && ${many(9, (n) => `a${n} == 'x'`, ' && ')}`)).toBeUndefined();
  expect(calicoAlternatives(either)).toHaveLength(63);
});

it('reads no deeper than anybody writes', () => {
  const nested = (sign: string, end: string, times: number): string => `${sign.repeat(times)}all()${end.repeat(times)}`;
  expect(calicoAlternatives(nested('(', ')', 64))).toEqual([[]]);
  expect(calicoAlternatives(nested('!', '', 64))).toEqual([[]]);
  expect(calicoAlternatives(nested('(', ')', 65))).toBeUndefined();
  expect(calicoAlternatives(nested('!', '', 65))).toBeUndefined();
});
