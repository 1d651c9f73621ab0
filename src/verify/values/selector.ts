import type { Labels } from '../../core/model/snapshot.ts';

/** A Kubernetes label selector, as objects write it. */
export interface LabelSelector {
  readonly matchLabels?: Labels | undefined;
  readonly matchExpressions?: readonly Expression[] | undefined;
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/**
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/: everything that a selector says must hold;
 * one that says nothing matches everything. `NotIn` also matches objects without the key.
 */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  for (const key in matchLabels) if (valueOf(labels, key) !== matchLabels[key]) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const value = valueOf(labels, key);
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && values.includes(value);
    return operator === 'NotIn' && (value === undefined || !values.includes(value));
  });
}

export type RequiredLabel = readonly [key: string, value: string];

/** Labels that everything has which the selector takes; it may say more than these. */
export function requiredLabels({
  matchLabels = {},
  matchExpressions = [],
}: LabelSelector = {}): readonly RequiredLabel[] {
  const single = matchExpressions.flatMap(({ key, operator, values: [value, ...others] = [] }) =>
    operator === 'In' && value !== undefined && others.length === 0 ? [[key, value] as const] : [],
  );
  return [...Object.entries(matchLabels), ...single];
}

/** Would the API server take it? A selector that contradicts itself is valid, and matches nothing. */
export function isValidSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => isLabelKey(key) && isLabelValue(value)) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (!isLabelKey(key) || !values.every(isLabelValue)) return false;
      if (operator === 'In' || operator === 'NotIn') return values.length > 0;
      return (operator === 'Exists' || operator === 'DoesNotExist') && values.length === 0;
    })
  );
}

/** The keys that decide whether a selector takes a pod. */
export function keysOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly string[] {
  return [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)];
}

const nameKey = 'kubernetes.io/metadata.name';

/** With the label that the API server gives to every namespace, also to one that nobody has described. */
export function namespaceLabels(name: string, labels: Labels = {}): Labels {
  return labels[nameKey] === name ? labels : { ...labels, [nameKey]: name };
}

/** The labels of each namespace, also of those that have no object. */
export function namespaceLabelsIn(
  namespaces: readonly { readonly name: string; readonly labels: Labels }[],
): (name: string) => Labels {
  const known = new Map(namespaces.map(({ name, labels }) => [name, namespaceLabels(name, labels)]));
  return (name) => {
    const labels = known.get(name) ?? namespaceLabels(name);
    known.set(name, labels);
    return labels;
  };
}

function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

const name = /^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$/;
const subdomain = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

function isLabelKey(key: string): boolean {
  const [last = '', prefix, ...others] = key.split('/').reverse();
  if (others.length > 0 || last.length > 63 || !name.test(last)) return false;
  return prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix));
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && name.test(value));
}
