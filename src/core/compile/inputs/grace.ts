import type { Terminating } from '../../../api/fields/terminating.ts';
import type { Verdict } from '../../model/desired.ts';

/** For how long pods that are being deleted keep a grant, from the moment that was asked for; undefined: nothing is said. */
export function readGrace({ terminating, terminatingLimitSeconds = 0 }: Terminating): number | undefined {
  if (terminating === undefined) return undefined;
  return terminating === 'KeepUntilGone' ? terminatingLimitSeconds : 0;
}

/**
 * What holds for a rule at a point: the shorter of what the policy and the point say, and nothing is kept where nobody says
 * anything. A Deny holds until the pod is gone: it must outlast every Accept below it, the default among them.
 */
export function graceOf(action: Verdict, policy: number | undefined, point: number | undefined): number {
  if (action === 'Deny') return Infinity;
  return policy === undefined || point === undefined ? (policy ?? point ?? 0) : Math.min(policy, point);
}

/** Is what one rule keeps kept by another for as long, whatever the point says? */
export function keepsAsLong(
  outer: { readonly action: string; readonly graceSeconds?: number },
  inner: { readonly action: string; readonly graceSeconds?: number },
): boolean {
  if (outer.action !== 'Accept' || inner.action !== 'Accept' || inner.graceSeconds === 0) return true;
  const [longer, shorter] = [outer.graceSeconds, inner.graceSeconds];
  return longer === shorter || (longer !== undefined && shorter !== undefined && longer > shorter);
}
