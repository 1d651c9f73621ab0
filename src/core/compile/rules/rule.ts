import type { Rule } from '../../model/desired.ts';
import { digest } from '../../text/digest.ts';
import type { RuleSpec } from '../intents/intent.ts';

/**
 * A draft with its source: the ids of groups of its own role.
 *
 * @param part which part of the destination that the draft had, where several rules stand for one
 */
export function ruleOf(draft: RuleSpec, sources: readonly string[], part = ''): Rule {
  const { action, destination, ports, log, originate, profile, expiresAt, origin } = draft;
  // See `Rule.id`: an accepting rule is rewritten in place, a denying one stands beside its predecessor for a moment.
  const content = action === 'Accept' ? '' : JSON.stringify([sources, destination, ports, log, profile, expiresAt]);
  const { kind, namespace, name, uid, field, via = '' } = origin;
  const id = digest([action, kind, namespace, uid === '' ? name : uid, field, via, content + part].join('\n'));
  const rule: Rule = { id, action, sources, destination, ports, log, origin };
  if (profile === undefined && expiresAt === undefined && !originate) return rule;
  return {
    ...rule,
    ...(originate ? { originate } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
