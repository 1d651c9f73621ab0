import { z } from 'zod';
import { marked, type Rule } from './rule.ts';

/*
 * What pods keep that are being deleted. Absent says nothing, so that a null that an API server drops is never more than what the
 * other objects concerned say; the enum refuses the null itself, and whoever keeps says for how long.
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
        `What ${whose} keep while they are being deleted. Withdraw: nothing, from the moment the deletion is asked for. KeepUntilGone: what they had, for their last connections, until they have ended, their address is another pod's, or terminatingLimitSeconds are over. Where neither the point nor the policy says it, Withdraw; where they differ, the shorter holds.`,
      ),
    terminatingLimitSeconds: z
      .int()
      .min(1)
      .max(3600)
      .optional()
      .describe(
        'With KeepUntilGone, and only there: for how long at most, from the moment the deletion was asked for.',
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
    message: 'say for how long at most: with KeepUntilGone, terminatingLimitSeconds is required',
    field: 'terminatingLimitSeconds',
    reason: 'FieldValueRequired',
  },
  {
    code: 'terminating-limit-alone',
    cel: "!has(self.terminatingLimitSeconds) || (has(self.terminating) && self.terminating == 'KeepUntilGone')",
    holds: ({ terminating, terminatingLimitSeconds }) =>
      terminating === 'KeepUntilGone' || terminatingLimitSeconds === undefined,
    message: 'only terminating: KeepUntilGone has a limit: leave it out, or say KeepUntilGone',
    field: 'terminatingLimitSeconds',
    reason: 'FieldValueForbidden',
  },
];
