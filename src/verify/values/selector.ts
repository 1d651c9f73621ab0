import type { Labels } from '../../core/model/snapshot.ts';
import type { Selector } from '../network/objects.ts';

/** A Kubernetes label selector: all it says must hold; an empty one takes everything. */
export function selects({ matchLabels, matchExpressions }: Selector, labels: Labels): boolean {
  for (const key in matchLabels) if (labels[key] !== matchLabels[key]) return false;
  return matchExpressions.every(({ key, operator, values }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && values.includes(value);
    return value === undefined || !values.includes(value);
  });
}

/** The keys that decide whether a selector takes a pod. */
export function keysOf({ matchLabels, matchExpressions }: Selector): readonly string[] {
  return [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
}
