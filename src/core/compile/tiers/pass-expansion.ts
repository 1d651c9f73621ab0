import type { Intent, RuleSpec } from '../intents/intent.ts';
import { nameOfIntent } from '../intents/origin.ts';
import { intersectMatches, matchCovers, type Match } from './match.ts';
import type { TierRule } from './tier-table.ts';

/** Where a rule below the Admin tier has to stand in a list without Pass. */
export interface Expansion {
  /** What stands of it in place of Pass rules, in the order of these. */
  readonly parts: readonly { readonly pass: TierRule; readonly rule: RuleSpec }[];
  /** It stands in its own place, too: not everything of it is decided or handed down above. */
  readonly remains: boolean;
  /** The Admin rule that leaves nothing of it. */
  readonly shadowedBy: TierRule | undefined;
  /** A Pass with which it shares flows that no rule can describe. */
  readonly narrowedBy: TierRule | undefined;
}

/**
 * Firewalls have no Pass, so a rule below the Admin tier stands a second time in place of each Pass, as far as it
 * matches the flows that are passed. Where a name meets a network that part is unknown: then an Accept is left out,
 * and a Deny stands as it is, so that the point permits less than was meant, never more.
 *
 * @param shadow the first Admin rule that covers the whole rule
 * @param passes in order, with subjects comparable with the rule's
 */
export function expandPasses(rule: RuleSpec, shadow: TierRule | undefined, passes: readonly TierRule[]): Expansion {
  const parts: { pass: TierRule; rule: RuleSpec }[] = [];
  let narrowedBy: TierRule | undefined;
  for (const pass of passes) {
    if (shadow && pass.position > shadow.position) break;
    const shared = intersectMatches(rule, pass);
    if (!shared) continue;
    const { subject, ports, exact } = shared;
    if (!exact) narrowedBy ??= pass;
    const destination = exact || rule.action === 'Accept' ? shared.destination : rule.destination;
    if (destination) parts.push({ pass, rule: partOf(rule, { subject, destination, ports }, pass.intent) });
    if (matchCovers(pass, rule)) return { parts, remains: false, shadowedBy: undefined, narrowedBy };
  }
  return { parts, remains: !shadow, shadowedBy: parts.length > 0 ? undefined : shadow, narrowedBy };
}

function partOf(rule: RuleSpec, match: Match, pass: Intent): RuleSpec {
  const { via } = rule.origin;
  const passed = nameOfIntent(pass);
  return { ...rule, ...match, origin: { ...rule.origin, via: via === undefined ? passed : `${passed} > ${via}` } };
}
