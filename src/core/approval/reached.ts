import type { EgressPolicy } from '../../api/kinds.ts';
import type { Condition } from '../../api/meta.ts';
import { policyStatusSchema } from '../../api/status.ts';

/** Where what counts of a policy is in force, as its status says. */
export interface Reached {
  /** Enforcement points where all of it is, of those that it concerns: `2/3`. */
  readonly points: string;
  /** Points where some of it or all of it is not, or it is not known. */
  readonly notYet: readonly NotYet[];
}

/** As the condition Programmed there has it. */
export interface NotYet extends Pick<Condition, 'status' | 'reason' | 'message'> {
  readonly point: string;
}

/**
 * @param isApproved what counts of it now is there by an approval of this generation
 * @returns undefined: its status does not say, or was written before it was changed or approved
 */
export function reachedOf(policy: EgressPolicy, isApproved: boolean): Reached | undefined {
  const { data } = policyStatusSchema.safeParse(policy['status']);
  if (data?.points === undefined || data.observedGeneration !== policy.metadata.generation) return undefined;
  const knowsOfIt = data.conditions?.find(({ type }) => type === 'Approved')?.status === 'True';
  if (knowsOfIt !== isApproved) return undefined;
  const notYet = (data.enforcementPoints ?? []).flatMap(({ name: point, conditions = [] }): NotYet[] => {
    const programmed = conditions.find(({ type }) => type === 'Programmed');
    if (programmed === undefined || programmed.status === 'True') return [];
    const { status, reason, message } = programmed;
    return [{ point, status, reason, message }];
  });
  return { points: data.points, notYet };
}
