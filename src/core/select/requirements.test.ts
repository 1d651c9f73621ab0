import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelSelector } from '../../api/fields/selector.ts';
import {
  conjoinRequirements,
  faultOfSelector,
  requirementsImply,
  requirementsMatch,
  requirementsOf,
  requirementsText,
  selectorOf,
} from './requirements.ts';

type Labels = Record<string, string>;

const value = fc.constantFrom('1', '2', '3');
const expression = fc.oneof(
  fc.record({
    key: fc.constantFrom('a', 'b'),
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.array(value, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    key: fc.constantFrom('a', 'b'),
    operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
  }),
);
const selector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.dictionary(fc.constantFrom('a', 'b'), value),
    matchExpressions: fc.array(expression, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

/** Kubernetes' own wording, requirement by requirement. */
function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, wanted]) => labels[key] === wanted) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const has = labels[key];
      if (operator === 'Exists') return has !== undefined;
      if (operator === 'DoesNotExist') return has === undefined;
      return operator === 'In' ? has !== undefined && values.includes(has) : has === undefined || !values.includes(has);
    })
  );
}

const values = [undefined, '1', '2', '3', '4'];
const everyLabels: Labels[] = values.flatMap((a) =>
  values.map((b) => ({ ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) })),
);
const chosen = (selector: LabelSelector): Labels[] => everyLabels.filter((labels) => selects(selector, labels));

describe('a label selector', () => {
  it('matches what Kubernetes matches, in its normal form', () => {
    fc.assert(
      fc.property(selector, (given) => {
        const normal = requirementsOf(given);
        expect(everyLabels.filter((labels) => normal && requirementsMatch(normal, labels))).toEqual(chosen(given));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('is the same after it has been written down again', () => {
    fc.assert(
      fc.property(selector, (given) => {
        const normal = requirementsOf(given);
        if (normal) expect(requirementsOf(selectorOf(normal))).toEqual(normal);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('conjoins and implies like the sets of labels it selects', () => {
    fc.assert(
      fc.property(selector, selector, (a, b) => {
        const [left, right] = [requirementsOf(a), requirementsOf(b)];
        if (!left || !right) return;
        const both = conjoinRequirements(left, right);
        const inRight = chosen(b);
        const expected = chosen(a).filter((labels) => inRight.includes(labels));
        expect(everyLabels.filter((labels) => both && requirementsMatch(both, labels))).toEqual(expected);
        expect(requirementsImply(left, right)).toBe(expected.length === chosen(a).length);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('has one text for all ways of writing it', () => {
    fc.assert(
      fc.property(selector, selector, (a, b) => {
        const [left, right] = [requirementsOf(a), requirementsOf(b)];
        if (!left || !right) return;
        const same = chosen(a).length === chosen(b).length && chosen(a).every((labels) => chosen(b).includes(labels));
        expect(requirementsText(left) === requirementsText(right)).toBe(same);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it.each<[LabelSelector | undefined, string]>([
    [undefined, ''],
    [{}, ''],
    [{ matchLabels: { app: 'web' } }, 'app=web'],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, 'app=web'],
    [{ matchLabels: { b: '2', a: '1' } }, 'a=1,b=2'],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['2', '1', '2'] }] }, 'a in (1,2)'],
    [{ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, 'a notin (1)'],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, 'a'],
    [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, '!a'],
  ])('%j reads as %j', (given, text) => {
    expect(requirementsText(requirementsOf(given) ?? [])).toBe(text);
  });

  it('that contradicts itself selects nothing', () => {
    expect(
      requirementsOf({ matchLabels: { a: '1' }, matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }),
    ).toBeUndefined();
  });

  it('does not find labels in the prototype of an object', () => {
    const normal = requirementsOf({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] });
    expect(requirementsMatch(normal ?? [], {})).toBe(false);
  });

  it.each<[LabelSelector, string | undefined]>([
    [{ matchLabels: { 'example.com/app': 'web' } }, undefined],
    [{ matchLabels: { app: '' } }, undefined],
    [{ matchLabels: { app: 'a,b' } }, '"a,b" is not a label value'],
    [{ matchLabels: { 'a=b': 'c' } }, '"a=b" is not a label key'],
    [{ matchExpressions: [{ key: 'app', operator: 'In' }] }, 'In on app needs values'],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists', values: ['x'] }] }, 'Exists on app takes no values'],
  ])('%j has the fault %j', (given, fault) => {
    expect(faultOfSelector(given)).toBe(fault);
  });
});
