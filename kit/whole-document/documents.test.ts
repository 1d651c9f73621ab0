import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dividedList, rewriting } from './documents.ts';

interface Document {
  readonly id: string;
  readonly rules: readonly { readonly name: string }[];
}

const rulesOf = (text: string): Document['rules'] => Array.from(text, (name) => ({ name }));
const documentsOf = (...texts: readonly string[]): readonly Document[] =>
  texts.map((text) => ({ id: text, rules: rulesOf(text) }));
const wayTo = (current: readonly Document[], ...wanted: readonly string[]): ReturnType<typeof rewriting> =>
  rewriting(current, wanted.map(rulesOf), {
    isSame: ({ rules }, others) => JSON.stringify(rules) === JSON.stringify(others),
    holds: (_, rules) => rules.length <= 4,
  });

/** A document with room for three. */
const empty = (): (() => boolean) => {
  let count = 0;
  return () => (count += 1) <= 3;
};

describe('a list over several documents', () => {
  it('asks about each rule twice at most, however long it is', () => {
    let asked = 0;
    const roomy = () => (): boolean => (asked += 1) > 0;
    dividedList(
      Array.from({ length: 5_000 }, (_, index) => ({ name: `${index}` })),
      [],
      { empty: roomy, most: 9 },
    );
    expect(asked).toBeLessThanOrEqual(10_000);
  });

  const names = fc.uniqueArray(fc.constantFrom(...Array.from('abcdefghijklmnop')), { maxLength: 16 });

  it('is the documents one after the other, each of which fits', () => {
    fc.assert(
      fc.property(names, names, fc.integer({ min: 1, max: 16 }), (before, after, most) => {
        const current = dividedList(rulesOf(before.join('')), [], { empty, most }).map((rules) => ({ rules }));
        const divided = dividedList(rulesOf(after.join('')), current, { empty, most });
        expect(divided.flat().map(({ name }) => name)).toEqual(after);
        expect(divided.every((rules) => rules.length > 0 && rules.length <= 3)).toBe(true);
        expect(divided.length).toBeLessThanOrEqual(Math.max(most, Math.ceil(after.length / 3)));
      }),
    );
  });

  it('leaves the other documents as they are when one changes', () => {
    const divided = dividedList(rulesOf('abdef'), documentsOf('abc', 'def'), { empty, most: 9 });
    expect(divided).toEqual([rulesOf('ab'), rulesOf('def')]);
  });
});

describe('the way from the documents that there are to others', () => {
  const [first, second] = documentsOf('ab', 'cd');
  const both = documentsOf('ab', 'cd');

  it('is none when they are the same', () => {
    expect(wayTo(both, 'ab', 'cd')).toEqual({ way: 'none' });
  });

  it('is to write one in its place when only it changes and there is room', () => {
    expect(wayTo(both, 'ab', 'cde')).toEqual({ way: 'in-place', document: second, rules: rulesOf('cde') });
    expect(wayTo(both, 'ab', 'cdefg')).toMatchObject({ way: 'replace', leaving: [second] });
  });

  it.each([
    ['two change', both, ['abx', 'cdx']],
    ['one comes', both, ['ab', 'cd', 'ef']],
    ['one goes', both, ['cd']],
    ['they change places', both, ['cd', 'ab']],
    ['one changes and moves', documentsOf('ab', 'cd', 'ef'), ['ab', 'ef', 'cdx']],
  ])('is to replace them at one instant when %s', (_, current, wanted) => {
    expect(wayTo(current, ...wanted)).toMatchObject({ way: 'replace' });
  });

  it('keeps those that stay the same', () => {
    expect(wayTo(both, 'ab', 'ef', 'gh')).toEqual({
      way: 'replace',
      wanted: [first, rulesOf('ef'), rulesOf('gh')],
      leaving: [second],
    });
  });
});
