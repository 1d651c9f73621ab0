import { expect, it } from 'vitest';
import { maxOf, minOf } from './extremes.ts';

it('finds the largest and the smallest of more numbers than a call can have arguments', () => {
  const numbers = Array.from({ length: 200_000 }, (_, i) => (i * 7_919) % 200_000);
  expect([minOf(numbers), maxOf(numbers)]).toEqual([0, 199_999]);
});

it('says of none, and of one that is no number, what Math says', () => {
  expect([minOf([]), maxOf([]), minOf([1, NaN]), maxOf(new Set([NaN, 1]))]).toEqual([Math.min(), Math.max(), NaN, NaN]);
});
