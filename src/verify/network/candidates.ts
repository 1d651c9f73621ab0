import type { PodEnd } from './ends/ends.ts';
import type { Policy } from './rules.ts';

/**
 * The policies that may select a pod, in their order. Of thousands most are of one namespace, or want a label that few
 * pods have: those of others are not even asked.
 */
export function candidates(policies: readonly Policy[]): (pod: PodEnd) => readonly Policy[] {
  const rarest = rarestLabel(policies);
  const shelves = new Map<string, { readonly at: number; readonly policy: Policy }[]>();
  for (const [at, policy] of policies.entries()) {
    const shelf = shelfOf(policy.namespace, rarest(policy));
    const found = shelves.get(shelf);
    if (found === undefined) shelves.set(shelf, [{ at, policy }]);
    else found.push({ at, policy });
  }
  return ({ namespace, labels }) =>
    [undefined, ...Object.entries(labels).map(textOf)]
      .flatMap((label) => [shelfOf(undefined, label), shelfOf(namespace, label)])
      .flatMap((shelf) => shelves.get(shelf) ?? [])
      .sort((a, b) => a.at - b.at)
      .map(({ policy }) => policy);
}

/** Of the labels that a policy needs, the one that the fewest policies do. */
function rarestLabel(policies: readonly Policy[]): (policy: Policy) => string | undefined {
  const uses = new Map<string, number>();
  for (const { needs = [] } of policies)
    for (const label of needs.map(textOf)) uses.set(label, (uses.get(label) ?? 0) + 1);
  const usesOf = (label: string): number => uses.get(label) ?? 0;
  return ({ needs = [] }) => needs.map(textOf).sort((a, b) => usesOf(a) - usesOf(b))[0];
}

function textOf([key, value]: readonly [string, string]): string {
  return `${key}=${value}`;
}

function shelfOf(namespace = '', label = ''): string {
  return `${namespace} ${label}`;
}
