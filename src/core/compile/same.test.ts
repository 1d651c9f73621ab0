import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from './same.ts';

describe('sameness', () => {
  it('is what the texts of two JSON values say', () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(same(a, JSON.parse(JSON.stringify(a)))).toBe(true);
        expect(same([a, 1], [a, 2])).toBe(false);
        expect(same({ a }, { a, b })).toBe(false);
        expect(same({ a, b }, { a })).toBe(false);
      }),
      { seed: 1 },
    );
  });

  it('does not tell an absent field from an undefined one', () => {
    expect(same({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(true);
    expect(same({ a: 1 }, { a: undefined })).toBe(false);
    expect(same([], {})).toBe(false);
  });
});
