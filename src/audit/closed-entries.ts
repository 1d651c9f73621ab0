import type { NativeRequest, Outcome } from '../adapter/adapter.ts';
import type { ClosedEntry } from '../core/audit/record.ts';

/**
 * The outcomes of a batch as records. A change that is still pending on the device stays open.
 *
 * @param begun numbers of the records that began the changes, in their order
 * @param requests the requests that the session sent for the batch; the first record lists them all
 */
export function closedEntries(
  begun: readonly number[],
  outcomes: readonly Outcome[],
  requests: readonly NativeRequest[],
): readonly ClosedEntry[] {
  const asked = counted(requests);
  const entries = begun.flatMap((of, index): ClosedEntry[] => {
    const outcome = outcomes[index];
    return outcome?.result === 'pending' ? [] : [{ type: 'closed', of, ...closedResult(outcome) }];
  });
  const [first, ...others] = entries;
  return first === undefined || asked.length === 0 ? entries : [{ ...first, requests: asked }, ...others];
}

type EndedOutcome = Exclude<Outcome, { result: 'pending' }>;
type ClosedResult = Omit<ClosedEntry, 'type' | 'of' | 'requests'>;

/** How a change ended; undefined: the adapter did not say. */
export function closedResult(outcome: EndedOutcome | undefined): ClosedResult {
  if (outcome === undefined)
    return { result: 'error', message: 'the adapter returned no outcome for this change', unknown: true };
  if (outcome.result === 'done') return { result: outcome.unneeded ? 'not-sent' : 'done' };
  const { errorClass, message, details } = outcome.error;
  const { code, status, outcomeUnknown } = details;
  // A change may take several requests: after a passing error it may be half done.
  const unknown = outcomeUnknown === true || passing.has(errorClass);
  return {
    result: 'error',
    errorClass,
    message,
    ...(code !== undefined && code !== '' && { code }),
    ...(status !== undefined && { status }),
    ...(unknown && { unknown }),
  };
}

const passing: ReadonlySet<string> = new Set(['transient', 'busy', 'throttled', 'conflict', 'not-found']);

/** Merges equal requests that follow each other, with their count. */
function counted(requests: readonly NativeRequest[]): NonNullable<ClosedEntry['requests']> {
  const counts: NonNullable<ClosedEntry['requests']> = [];
  for (const { request, status } of requests) {
    const last = counts.at(-1);
    if (last?.request === request && last.status === status) last.count += 1;
    else counts.push({ request, status, count: 1 });
  }
  return counts;
}
