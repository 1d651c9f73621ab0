import { expect, it } from 'vitest';
import { atLeast } from './version.ts';

it.each([
  ['7.2.8', '7.2.1', true],
  ['v7.2.1', '7.2.1', true],
  ['7.2', '7.2.1', false],
  ['7.10.0', '7.9', true],
  ['17.1.1.3', '12.0', true],
  ['11.6.5', '12.0', false],
  ['10.1.3-h2', '10.1.3', true],
  ['7', '7.0', true],
  ['', '0', false],
  ['unknown', '1', false],
])('version "%s" is at least %s: %s', (version, bound, expected) => {
  expect(atLeast(version, bound)).toBe(expected);
});
