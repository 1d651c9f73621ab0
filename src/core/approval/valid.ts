import type { CompilerCode } from '../../api/problem-codes.ts';
import type { EgressApproval, EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import { minOf } from '../model/extremes.ts';
import { parseInstant } from '../time/instant.ts';
import { approvedBy, digestOf, contentToReview, type Approved } from './reviewed-policy.ts';

/** What the delegations that a policy goes beyond ask of an approval, each of them. */
export type Terms = readonly NonNullable<EgressDelegation['spec']['approval']>[];

/** Why an approval does not count. */
export interface Refusal {
  readonly code: CompilerCode;
  readonly message: string;
}

/** An approval that counts, unless its time is over. */
export interface Counting {
  readonly approval: EgressApproval;
  readonly approved: Approved;
}

/** What was approved, or why that does not count, whatever the time is. */
export function validated(
  approval: EgressApproval,
  policy: EgressPolicy,
  termsFor: (approved: EgressPolicy) => Terms,
): { readonly approved: Approved } | { readonly refusal: Refusal } {
  const approved = approvedBy(approval, policy);
  if (approved === undefined) return { refusal: notThis(approval, policy) };
  const terms = termsFor(approved.policy);
  const refusal = tooLong(approval, terms) ?? notFourEyes(approval, approved, terms);
  return refusal ? { refusal } : { approved };
}

function notThis({ spec: { policy: about } }: EgressApproval, policy: EgressPolicy): Refusal {
  const { name, uid, generation } = policy.metadata;
  if (about.uid !== uid) {
    const message = `it refers to a deleted EgressPolicy ${name}: review the new policy of this name, and approve that one`;
    return { code: 'approval-for-another-policy', message };
  }
  const other = (message: string): Refusal => ({ code: 'approval-for-another-generation', message });
  if (about.generation === generation && about.digest !== digestOf(contentToReview(policy))) {
    return other(
      `generation ${generation} of ${name} has other labels, another spec or another author than were approved: look at it again, and approve it`,
    );
  }
  return other(
    `it is about generation ${about.generation} of ${name}, which is at ${generation}, and what that said is not known: look at generation ${generation}, and approve it`,
  );
}

/** Denied comes before Approved, in an emergency, too. */
export function deniedBesides({ metadata, spec: { approver, policy } }: EgressApproval): Refusal {
  const message = `generation ${policy.generation} of ${policy.name} was denied by ${approver} (EgressApproval ${metadata.name}), which outweighs approvals: ask the approver to delete it, or change the policy`;
  return { code: 'denied-besides', message };
}

/** Compares the two times of the object, so that no clocks have to agree. */
function tooLong({ metadata, spec }: EgressApproval, terms: Terms): Refusal | undefined {
  const most = minOf(
    terms.map(({ maxDays, breakGlassHours = 0 }) => (spec.breakGlass ? breakGlassHours : maxDays * 24)),
  );
  if (most === Infinity) return undefined;
  if (most === 0)
    return {
      code: 'no-break-glass',
      message: 'no EgressDelegation permits breakGlass for this namespace: have the policy approved instead',
    };
  const made = parseInstant(metadata.creationTimestamp ?? '');
  const until = parseInstant(spec.until ?? '');
  if (made !== undefined && until !== undefined && until - made <= most * 3_600_000) return undefined;
  const limit = spec.breakGlass ? `${most} hours` : `${most / 24} days`;
  const message = `the approval would count for longer than the permitted ${limit}: approve the policy again, with an earlier end`;
  return { code: 'approved-too-long', message };
}

function notFourEyes({ spec }: EgressApproval, { author }: Approved, terms: Terms): Refusal | undefined {
  if (spec.breakGlass || !terms.some(({ fourEyes }) => fourEyes === 'Required')) return undefined;
  if (author === undefined) {
    const message =
      'the author of the policy is not recorded, and the author must not approve it: install the admission policies of deploy/admission/approval, and apply the policy again';
    return { code: 'author-not-known', message };
  }
  if (author !== spec.approver) return undefined;
  const message = `${author} wrote the policy, so another person has to approve it`;
  return { code: 'approved-by-author', message };
}
