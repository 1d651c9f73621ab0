import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelSelector } from '../../../api/fields/selector.ts';
import { destinationOf } from '../../destinations/destination.ts';
import { requirementsOf } from '../../select/requirements.ts';
import { subjectOf } from '../../select/subject.ts';
import { ShadowIndex } from './shadow-index.ts';
import { matchCovers, type Match } from './match.ts';

const names = fc.subarray(['a.test', '*.a.test', '*.x.a.test', 'y.x.a.test', '*.test']);
const networks = fc.subarray([
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.1.1/32',
  '2001:db8::/32',
  '2001:db8::1/128',
  '0.0.0.0/0',
  '::/0',
]);
const labels = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'));
const expressions = fc.constantFrom<NonNullable<LabelSelector['matchExpressions']>>(
  [],
  [{ key: 'c', operator: 'In', values: ['1', '2'] }],
  [{ key: 'c', operator: 'NotIn', values: ['1'] }],
);
const accounts = fc.constantFrom(undefined, ['red/x'], ['red/x', 'red/y']);
const ports = fc.constantFrom([], [{ port: 443, protocol: 'TCP' as const }]);
const region: fc.Arbitrary<Match> = fc
  .tuple(fc.tuple(names, networks), labels, expressions, accounts, ports)
  .filter(([[some, others]]) => some.length + others.length > 0)
  .map(([[names, networks], matchLabels, matchExpressions, serviceAccounts, ports]) => ({
    destination: destinationOf(names, networks)!,
    subject: subjectOf({
      namespace: undefined,
      namespaces: [],
      pods: requirementsOf({ matchLabels, matchExpressions })!,
      serviceAccounts,
    })!,
    ports,
  }));

describe('the cover index', () => {
  it('finds the first of all that cover, as if it had asked every one', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(region, { maxLength: 12 }), region, (list, inner) => {
        const index = new ShadowIndex<Match>();
        for (const outer of list) index.add(outer);
        const expected = list.find((outer) => matchCovers(outer, inner));
        expect(index.first(inner, (outer) => matchCovers(outer, inner))).toBe(expected);
        if (expected) found += 1;
      }),
      { seed: 1, numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(200);
  });

  it('asks few: those that share the name or network and the label or account', () => {
    const index = new ShadowIndex<Match>();
    const [inner] = Array.from({ length: 1000 }, (_, i): Match => {
      const pods = requirementsOf({ matchLabels: { app: `app-${i % 10}` } })!;
      const subject = subjectOf({ namespace: 'red', namespaces: [], pods, serviceAccounts: undefined })!;
      const region = { subject, destination: destinationOf([], [`10.${i >> 4}.${i & 15}.0/24`])!, ports: [] };
      index.add(region);
      return region;
    });
    let asked = 0;
    index.first(inner!, () => {
      asked += 1;
      return false;
    });
    expect(asked).toBe(1);
  });
});
