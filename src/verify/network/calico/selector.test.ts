import { describe, expect, it } from 'vitest';
import { parseSelector } from './selector.ts';

const labels = { app: 'web', tier: 'front-end', 'a.test/b': 'x', note: "it's" };

describe('a selector', () => {
  it.each([
    ['', true],
    ['all()', true],
    ['global()', true],
    ["app == 'web'", true],
    ['app == "db"', false],
    ["app != 'db'", true],
    ["missing != 'x'", true],
    ["missing == ''", false],
    ['has(tier)', true],
    ['!has(tier)', false],
    ["app in { 'db', 'web' }", true],
    ["app not in { 'db' }", true],
    ["missing in { 'db' }", false],
    ["missing not in { 'db' }", true],
    ["tier contains 'ont-'", true],
    ["tier starts with 'front'", true],
    ["tier ends with 'front'", false],
    [`note == "it's"`, true],
    ["a.test/b == 'x'", true],
    ["app == 'db' || app == 'web' && has(tier)", true],
    ["(app == 'db' || app == 'web') && !has(tier)", false],
    ["!(app == 'db') && !(has(missing))", true],
  ])('%s: %s', (text, expected) => {
    expect(parseSelector(text)?.(labels)).toBe(expected);
  });

  it.each([
    "app = 'web'",
    'app == web',
    "app == 'web",
    "app == 'web' &&",
    "(app == 'web'",
    'has()',
    "in { 'a' }",
    'app',
    "app in 'web'",
  ])('cannot be read: %s', (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });

  it('of what is of a namespace is not global', () => {
    expect(parseSelector('global()')?.({ 'projectcalico.org/namespace': 'shop' })).toBe(false);
  });
});
