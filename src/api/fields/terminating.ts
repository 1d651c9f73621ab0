import { z } from 'zod';
import { marked, type Rule } from './rule.ts';

/*
 * What pods keep that are being deleted. Absent says nothing, so that a null that an API server drops is never more than what the
 * other objects concerned say; the enum refuses the null itself, and KeepUntilGone needs a limit.
 */

/** The fields, for whose pods `whose` is said: `pods of this policy`. */
export function terminatingFields(whose: string): {
  readonly terminating: z.ZodOptional<z.ZodEnum<{ Withdraw: 'Withdraw'; KeepUntilGone: 'KeepUntilGone' }>>;
  readonly terminatingLimitSeconds: z.ZodOptional<z.ZodInt>;
} {
  return {
    terminating: marked(z.enum(['Withdraw', 'KeepUntilGone']), { nullable: true })
      .optional()
      .describe(
        `What access ${whose} keep while they are being deleted. Withdraw: none, from the deletion request on. KeepUntilGone: all, so that they can finish their connections, until the pod has ended, another pod has its address, or terminatingLimitSeconds have passed. If both the point and the policy set it, the shorter time applies. If neither does, Withdraw applies.`,
      ),
    terminatingLimitSeconds: z
      .int()
      .min(1)
      .max(3600)
      .optional()
      .describe(
        'Longest time in seconds, from the deletion request, for which a pod keeps its access. Required with KeepUntilGone, forbidden otherwise.',
      ),
  };
}

export interface Terminating {
  readonly terminating?: 'Withdraw' | 'KeepUntilGone' | undefined;
  readonly terminatingLimitSeconds?: number | undefined;
}

export const terminatingRules: readonly Rule<Terminating>[] = [
  {
    code: 'no-terminating-limit',
    cel: "!has(self.terminating) || self.terminating != 'KeepUntilGone' || has(self.terminatingLimitSeconds)",
    holds: ({ terminating, terminatingLimitSeconds }) =>
      terminating !== 'KeepUntilGone' || terminatingLimitSeconds !== undefined,
    message: 'set terminatingLimitSeconds: KeepUntilGone requires it',
    field: 'terminatingLimitSeconds',
    reason: 'FieldValueRequired',
  },
  {
    code: 'terminating-limit-alone',
    cel: "!has(self.terminatingLimitSeconds) || (has(self.terminating) && self.terminating == 'KeepUntilGone')",
    holds: ({ terminating, terminatingLimitSeconds }) =>
      terminating === 'KeepUntilGone' || terminatingLimitSeconds === undefined,
    message:
      'terminatingLimitSeconds has an effect only with terminating: KeepUntilGone: remove it, or set KeepUntilGone',
    field: 'terminatingLimitSeconds',
    reason: 'FieldValueForbidden',
  },
];
