import { keepsAsLong } from '../inputs/grace.ts';
import type { Intent } from '../intents/intent.ts';

/**
 * Does an earlier rule for the same flows leave nothing to a later one? A pod that is being deleted may keep what only the later
 * one grants, and TLS that is originated is another way to a destination than the TLS of the application: a mesh opens each by itself.
 */
export function leavesNothing(outer: Intent, inner: Intent): boolean {
  const bothAccept = outer.action === 'Accept' && inner.action === 'Accept';
  return keepsAsLong(outer, inner) && (!bothAccept || outer.originate === inner.originate);
}
