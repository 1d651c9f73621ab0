import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';

/**
 * What the inspection profile that a rule names is at this point: `none` where it names none, for nothing inspects what is denied; undefined
 * where the point has no profile of that name, and the rule must be left out.
 *
 * @param profiles `config.profiles`
 */
export function profileOf<P>({ action, profile }: Rule, profiles: Readonly<Record<string, P>>): P | 'none' | undefined {
  if (action === 'Deny' || profile === undefined) return 'none';
  return Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
}

/** Permitting a flow without the inspection that was asked for would be wider than the intent. */
export function unknownProfile({ id, profile = '' }: Rule): Loss {
  const message = `There is no profile ${profile} in this point's config.profiles, so the rule is left out; nothing passes uninspected. Add the profile there, or take it out of the policy.`;
  return { effect: 'rejected', id, code: 'profile-unknown', message };
}
