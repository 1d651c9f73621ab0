import { z } from 'zod';
import { labelKeyPattern, labelKeySyntax, labelValuePattern, labelValueSyntax } from './formats.ts';
import { setOf } from './list.ts';
import { celText, marked, matching, ruled } from './rule.ts';

/*
 * Label selectors. One that selects everything is refused: an API server drops empty values on most ways in, and
 * `matchLabels: { app: }` must not become every pod. What means everything has a word of its own, such as `allPods: true`
 * (docs/decisions/0012-breadth-is-said.md).
 */

const labelKey = new RegExp(labelKeyPattern);
const labelValue = new RegExp(labelValuePattern);

const matchLabelsSchema = ruled(
  // The API server keeps a null, so that the rule on values can refuse it instead of the label being dropped.
  marked(z.record(z.string(), marked(z.string().max(63), { nullable: true })), { maxProperties: 32 }),
  {
    code: 'empty-selector',
    cel: 'self.size() > 0',
    holds: (labels) => Object.keys(labels).length > 0,
    message: 'an empty matchLabels would select everything: write labels, or leave out matchLabels',
  },
  {
    code: 'bad-label',
    cel: `self.all(key, key.matches(${celText(labelKeyPattern)}))`,
    holds: (labels) => Object.keys(labels).every((key) => labelKey.test(key)),
    message: labelKeySyntax,
  },
  {
    code: 'bad-label',
    cel: `self.all(key, dyn(self[key]) != null && self[key].matches(${celText(labelValuePattern)}))`,
    holds: (labels) => Object.values(labels).every((value) => labelValue.test(value)),
    message: labelValueSyntax,
  },
);

const labelRequirementSchema = ruled(
  z.strictObject({
    key: ruled(z.string().max(317), matching(labelKeyPattern, 'bad-label', labelKeySyntax)).describe('Label key.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe(
        'Operator of the requirement. In and NotIn compare the value of the label; Exists and DoesNotExist only check for the key.',
      ),
    values: setOf(
      z.array(ruled(z.string().max(63), matching(labelValuePattern, 'bad-label', labelValueSyntax))).max(64),
    )
      .optional()
      .describe('Values for In and NotIn. Required for these, forbidden for Exists and DoesNotExist.'),
  }),
  {
    code: 'values-required',
    cel: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && self.values.size() > 0)",
    holds: ({ operator, values = [] }) => !['In', 'NotIn'].includes(operator) || values.length > 0,
    message: 'In and NotIn need at least one value',
    field: 'values',
    reason: 'FieldValueRequired',
  },
  {
    code: 'values-forbidden',
    cel: "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || self.values.size() == 0",
    holds: ({ operator, values = [] }) => !['Exists', 'DoesNotExist'].includes(operator) || values.length === 0,
    message: 'Exists and DoesNotExist only check for the key: remove values, or use In or NotIn',
    field: 'values',
    reason: 'FieldValueForbidden',
  },
);

/** Also of what the compiler made, where nothing is left to select by. */
export const labelSelectorSchema = z.strictObject({
  matchLabels: matchLabelsSchema.optional().describe('Labels that the object must have, with these values.'),
  matchExpressions: z
    .array(labelRequirementSchema)
    .min(1)
    .max(32)
    .optional()
    .describe('Requirements that the object must all meet.'),
});
export type LabelSelector = z.infer<typeof labelSelectorSchema>;

/** @param everything what to write instead where everything is meant */
export function labelSelector(everything: string): typeof labelSelectorSchema {
  return ruled(labelSelectorSchema, {
    code: 'empty-selector',
    cel: 'has(self.matchLabels) || has(self.matchExpressions)',
    holds: ({ matchLabels, matchExpressions }) => matchLabels !== undefined || matchExpressions !== undefined,
    message: `an empty selector would select everything: write labels, or ${everything}`,
  });
}

/** By labels alone: where there are many selectors, the API server allows no dearer ones. */
export function plainSelector(): z.ZodObject<{ matchLabels: typeof matchLabelsSchema }, z.core.$strict> {
  return z.strictObject({
    matchLabels: matchLabelsSchema.describe('Labels that the object must have, with these values.'),
  });
}

/** The word for everything, beside a field that would list it; false is not a way to say less. */
export function allFlag(meaning: string): z.ZodOptional<z.ZodBoolean> {
  return ruled(z.boolean(), {
    code: 'false-is-nothing',
    cel: 'self',
    holds: (value) => value,
    message: 'write true, or remove the field',
  })
    .optional()
    .describe(meaning);
}
