import type { Origin, Rule } from '../../model/desired.ts';
import { digest } from '../../text/digest.ts';
import type { RuleSpec } from '../intents/intent.ts';

/**
 * A draft with its source: the ids of groups of its own role.
 *
 * @param part which part of the destination that the draft had, where several rules stand for one
 */
export function ruleOf(draft: RuleSpec, sources: readonly string[], part = ''): Rule {
  const { action, destination, ports, log, originate, profile, expiresAt, origin } = draft;
  const identity = identityOf(origin);
  // See `Rule.id`: an accepting rule is rewritten in place, a denying one stands beside its predecessor for a moment.
  const content = action === 'Accept' ? '' : JSON.stringify([sources, destination, ports, log, profile, expiresAt]);
  const id = digest(`${action}\n${identity}\n${content}${part}`);
  const rule: Rule = { id, action, sources, destination, ports, log, origin };
  if (profile === undefined && expiresAt === undefined && !originate) return rule;
  return {
    ...rule,
    ...(originate ? { originate } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function identityOf({ kind, namespace, name, uid, field, via }: Origin): string {
  return `${kind}\n${namespace}\n${uid === '' ? name : uid}\n${field}\n${via ?? ''}`;
}
