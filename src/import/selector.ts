import { z } from 'zod';
import type { LabelSelector } from '../api/fields/selector.ts';

/** A selector of Kubernetes, where an empty one selects everything. */
export const selectorSchema = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});
export type Selector = z.output<typeof selectorSchema>;

/** The same as ours; undefined: it selects everything. */
export function selectorFrom({ matchLabels = {}, matchExpressions = [] }: Selector): LabelSelector | undefined {
  const hasLabels = Object.keys(matchLabels).length > 0;
  if (!hasLabels && matchExpressions.length === 0) return undefined;
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => ({
    key,
    operator,
    ...(values.length > 0 && { values: [...new Set(values)] }),
  }));
  return {
    ...(hasLabels && { matchLabels }),
    ...(expressions.length > 0 && { matchExpressions: expressions }),
  };
}
