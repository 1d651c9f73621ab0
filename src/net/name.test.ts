import { describe, expect, it } from 'vitest';
import { aggregateNames, canonicalName, NameSet, nameCovers } from './name.ts';

describe('a domain name', () => {
  it.each([
    ['GitHub.com.', 'github.com'],
    ['*.GithubUserContent.com', '*.githubusercontent.com'],
    ['*.internal', '*.internal'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['a_b.example.com', 'a_b.example.com'],
    ['1.example.com', '1.example.com'],
  ])('%s reads as %s', (text, name) => {
    expect(canonicalName(text)).toBe(name);
  });

  it.each([
    ...['localhost', '*', '*.', '.com', 'a..b', 'a.*.com', '**.com', 'foo.*', '-a.com', 'a-.com', '_a.com'],
    ...[
      '192.0.2.1',
      '*.0.2.1',
      '192.0.2.300',
      '2001:db8::1',
      'a.com/b',
      'a.com:443',
      'a b.com',
      'a.com\n',
      'bücher.example',
    ],
    ...['a.com..', `${'a'.repeat(64)}.com`, `${'a.'.repeat(127)}com`, ''],
  ])('is refused when it is %j', (text) => {
    expect(canonicalName(text)).toBeUndefined();
  });

  const names = ['a.test', 'x.a.test', 'y.x.a.test', 'ba.test', '*.a.test', '*.x.a.test', '*.test', '*.b.test'];
  const exact = ['a.test', 'x.a.test', 'y.x.a.test', 'z.y.x.a.test', 'ba.test', 'b.test', 'c.b.test'];
  const below = (pattern: string, name: string): boolean =>
    pattern.startsWith('*.')
      ? name
          .split('.')
          .slice(1)
          .some(
            (_, i) =>
              name
                .split('.')
                .slice(i + 1)
                .join('.') === pattern.slice(2),
          )
      : pattern === name;
  const matched = (pattern: string): string[] => exact.filter((name) => below(pattern, name));

  it('is below a wildcard by one or more whole labels, never the apex', () => {
    expect(exact.filter((name) => nameCovers('*.a.test', name))).toEqual(['x.a.test', 'y.x.a.test', 'z.y.x.a.test']);
  });

  it('intersects as the narrower of two patterns, or not at all', () => {
    for (const a of names) {
      for (const b of names) {
        const both = new NameSet([a]).intersect(new NameSet([b]));
        expect(both.flatMap(matched)).toEqual(matched(a).filter((name) => matched(b).includes(name)));
        expect(both).toHaveLength(nameCovers(a, b) || nameCovers(b, a) ? 1 : 0);
      }
    }
  });

  it('is covered by a set as it is by one of its patterns', () => {
    for (const inner of names) {
      for (const outer of names) {
        expect(new NameSet(['other.test', outer]).covers([inner])).toBe(nameCovers(outer, inner));
      }
    }
  });

  it('goes where a wildcard of the same list matches it', () => {
    expect(aggregateNames(['x.a.test', 'a.test', '*.a.test', '*.x.a.test', 'a.test'])).toEqual(['*.a.test', 'a.test']);
  });
});
