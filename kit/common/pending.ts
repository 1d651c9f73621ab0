import type { Live } from '../../src/adapter/adapter.ts';

/** Each look reads the device as a whole, and an administrator takes longer than a data plane that catches up. */
const lookAgainAfterMs = 60_000;

/**
 * What was written does not decide as it should until an administrator changes something on the device.
 *
 * @param evidence with what to do
 */
export function pendingUntilChanged(evidence: string): Live & { readonly lookAgainAfterMs: number } {
  return { state: 'pending', evidence, lookAgainAfterMs };
}
