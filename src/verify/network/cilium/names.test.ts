import { expect, it } from 'vitest';
import { fqdnMatches } from './names.ts';

it.each([
  ['*', 'a.b.test', true],
  ['*.test', 'a.test', true],
  ['*.test', 'a.b.test', false],
  ['*.test', 'test', false],
  ['a*.test', 'abc.test', true],
  ['a*.test', 'bc.test', false],
  ['**.test', 'a.test', true],
  ['**.test', 'a.b.test', true],
  ['**.test', 'test', false],
  ['A.Test.', 'a.test', true],
])('the pattern %s and the name %s: %s', (matchPattern, name, expected) => {
  expect(fqdnMatches({ matchName: undefined, matchPattern }, name)).toBe(expected);
});

it('takes a name as it stands, whatever its case and its last dot', () => {
  expect(fqdnMatches({ matchName: 'API.test.', matchPattern: undefined }, 'api.TEST')).toBe(true);
  expect(fqdnMatches({ matchName: '*.test', matchPattern: undefined }, 'api.test')).toBe(false);
});
