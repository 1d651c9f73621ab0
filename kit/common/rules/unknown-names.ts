import type { Destination, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { anywhere } from '../../../src/core/destinations/destination.ts';

/** What is left of a destination. */
export interface KnownDestination {
  /** Undefined: nothing, and the rule is left out. */
  readonly destination: Destination | undefined;
  readonly losses: readonly Loss[];
}

/**
 * The destination of a rule on a device that does not know some of its names: an accepting rule does without them, a denying
 * rule denies every destination on its ports instead.
 *
 * @param loss its code, a clause that says why, and a sentence that says what to do
 */
export function withoutNames(
  { id, action, destination }: Rule,
  unknown: readonly string[],
  loss: { readonly code: Loss['code']; readonly why: string; readonly advice?: string },
): KnownDestination {
  if (unknown.length === 0) return { destination, losses: [] };
  const names = destination.names.filter((name) => !unknown.includes(name));
  const isAll = names.length + destination.networks.length === 0;
  const list = unknown.join(', ');
  const told = (effect: Loss['effect'], instead: string): readonly Loss[] => {
    const advice = loss.advice === undefined ? '' : ` ${loss.advice}`;
    return [{ effect, id, code: loss.code, message: `${loss.why}; ${instead}.${advice}` }];
  };
  if (action === 'Deny') {
    const losses = told('narrowed', `this rule denies every destination on its ports instead of ${list}`);
    return { destination: anywhere, losses };
  }
  if (isAll) return { destination: undefined, losses: told('rejected', `the rule to ${list} is left out`) };
  const losses = told('narrowed', `${list} is not accepted, the rest of the rule is`);
  return { destination: { any: false, names, networks: destination.networks }, losses };
}
