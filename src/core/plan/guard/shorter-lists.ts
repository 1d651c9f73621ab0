import { sameJson } from '../../model/json.ts';
import type { Resource } from '../../model/resource.ts';

/**
 * Do two objects differ by nothing but lists of which the one has fewer items than the other, and none of them empty, which
 * many devices read as any? What other differences permit cannot be decided here.
 */
export function hasShorterLists({ spec: less }: Resource, { spec: more }: Resource): boolean {
  const fields = new Set([...Object.keys(more), ...Object.keys(less)]);
  const differing = [...fields].filter((field) => !sameJson(more[field], less[field]));
  return differing.every((field) => {
    const [many, few] = [more[field], less[field]];
    if (!Array.isArray(many) || !Array.isArray(few) || few.length === 0) return false;
    return few.every((item) => many.some((one) => sameJson(one, item)));
  });
}
