import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LabelSelector } from '../../api/fields/selector.ts';
import type { Labels, Pod } from '../model/snapshot.ts';
import type { Selection } from './selections-of-scope.ts';
import { SelectorIndex } from './selector-index.ts';
import { requirementsMatch, requirementsOf } from './requirements.ts';
import { labelsOfNamespace, podMatches, subjectOf, type Subject } from './subject.ts';

const namespaces = ['red', 'blue'];
const value = fc.constantFrom('1', '2');
const labels = fc.dictionary(fc.constantFrom('a', 'b'), value);
const pod = fc
  .record({ namespace: fc.constantFrom(...namespaces), labels, serviceAccount: fc.constantFrom('x', 'y') })
  .map((fields): Pod => ({
    ...fields,
    uid: '',
    name: 'pod',
    node: '',
    hostNetwork: false,
    phase: 'Running',
    deleting: false,
    addresses: [],
    created: '',
    workload: '',
  }));
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
  fc
    .record({ key: fc.constantFrom('a', 'b'), operator: fc.constantFrom('NotIn' as const), values: fc.tuple(value) })
    .map((expression) => ({ matchExpressions: [expression] })),
);
const subject = fc
  .record({
    namespace: fc.constantFrom(undefined, ...namespaces),
    namespaces: selector,
    pods: selector,
    serviceAccounts: fc.constantFrom(undefined, ['red/x'], ['blue/y', 'red/x'], ['blue/x', 'blue/y', 'red/x', 'red/y']),
  })
  .map((parts) =>
    subjectOf({
      ...parts,
      namespaces: parts.namespace === undefined ? requirementsOf(parts.namespaces)! : [],
      pods: requirementsOf(parts.pods)!,
    }),
  )
  .filter((found): found is Subject => found !== undefined);

type Step =
  | { readonly add: Pod }
  | { readonly drop: number }
  | { readonly select: Subject }
  | { readonly release: number }
  | { readonly namespace: string; readonly labels: Labels | undefined };
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: pod.map((add) => ({ add })), weight: 4 },
  fc.nat().map((drop) => ({ drop })),
  { arbitrary: subject.map((select) => ({ select })), weight: 3 },
  fc.nat().map((release) => ({ release })),
  fc.record({ namespace: fc.constantFrom(...namespaces), labels: fc.option(labels, { nil: undefined }) }),
);

/** Follows the moves that the index reports, and asks every subject about every pod to compare. */
class World {
  readonly index: SelectorIndex<Selection>;
  readonly pods: Pod[] = [];
  #added = 0;
  readonly followed = new Map<Selection, Set<Pod>>();
  readonly labels = new Map<string, Labels | undefined>();

  constructor(manyPods: number, fewSelections: number) {
    this.index = new SelectorIndex(manyPods, fewSelections);
  }

  take(step: Step): void {
    if ('add' in step) {
      const added = { ...step.add, name: `pod-${(this.#added += 1)}` };
      this.pods.push(added);
      for (const selection of this.index.addPod(added)) this.followed.get(selection)!.add(added);
    } else if ('drop' in step) {
      const [gone] = this.pods.splice(step.drop % (this.pods.length || 1), 1);
      if (gone) for (const selection of this.index.deletePod(gone)) this.followed.get(selection)!.delete(gone);
    } else if ('select' in step) {
      const selection = { subject: step.select, scope: this.index.scopeOf(step.select) };
      this.index.add(selection);
      this.followed.set(selection, new Set(this.index.podsOf(selection)));
    } else if ('release' in step) {
      const selection = [...this.followed.keys()][step.release % (this.followed.size || 1)];
      if (selection) this.index.release(selection);
      if (selection) this.followed.delete(selection);
    } else {
      this.labels.set(step.namespace, step.labels);
      for (const { selection, pod, joined } of this.index.setNamespace(step.namespace, step.labels)) {
        const pods = this.followed.get(selection)!;
        expect(pods.has(pod)).toBe(!joined);
        if (joined) pods.add(pod);
        else pods.delete(pod);
      }
    }
  }

  expected(subject: Subject): Pod[] {
    return this.pods.filter((pod) => {
      const described = labelsOfNamespace(pod.namespace, this.labels.get(pod.namespace));
      const inside = subject.namespace === undefined || subject.namespace === pod.namespace;
      return inside && requirementsMatch(subject.namespaces, described) && podMatches(subject, pod);
    });
  }
}

describe('the membership index', () => {
  it.each([
    [0, 0],
    [2, 1],
    [256, 2],
    [256, 8],
  ])(
    'agrees with asking every subject about every pod, indexing more than %i pods and %i selections',
    (manyPods, fewSelections) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
          const world = new World(manyPods, fewSelections);
          for (const step of steps) {
            world.take(step);
            for (const [selection, followed] of world.followed) {
              const expected = new Set(world.expected(selection.subject));
              expect(new Set(world.index.podsOf(selection))).toEqual(expected);
              expect(followed).toEqual(expected);
            }
          }
          for (const pod of world.pods) {
            const selections = [...world.followed].filter(([, pods]) => pods.has(pod)).map(([selection]) => selection);
            expect(new Set(world.index.selectionsOf(pod))).toEqual(new Set(selections));
          }
        }),
        { seed: 1, numRuns: 300 },
      );
    },
  );
});
