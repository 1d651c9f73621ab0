import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonical, sameJson } from './json.ts';

it('takes a field that every object inherits for missing', () => {
  const named = JSON.parse('{"__proto__": {}}') as unknown;
  expect(sameJson(named, { a: [] })).toBe(false);
  expect(sameJson({ a: [] }, named)).toBe(false);
  expect(sameJson(named, JSON.parse('{"__proto__": {}}'))).toBe(true);
});

it('takes for the same what has the same canonical form', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, undefined, 0, 1, '', 'a', true),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString'), tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(sameJson(a, b)).toBe(canonical(a) === canonical(b));
      expect(sameJson(a, structuredClone(a))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
