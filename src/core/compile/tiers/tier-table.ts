import type { Verdict } from '../../model/desired.ts';
import type { Problem } from '../../model/problem.ts';
import { ShadowIndex } from './shadow-index.ts';
import { nameOfIntent, nameOfOrigin, type Intent } from '../intents/intent.ts';
import { intersectMatches, matchCovers, type Match } from './match.ts';

/** A cluster-wide intent in its place, with its subject as far as the point covers it. */
export interface TierRule extends Match {
  readonly intent: Intent;
  readonly position: number;
}

/** The cluster-wide rules of one point, without those that can never match. */
export interface TierTable {
  readonly admin: readonly TierRule[];
  readonly baseline: readonly TierRule[];
  /** The Pass rules that matter: some later Admin rule would otherwise decide a flow of theirs. In order. */
  readonly passes: readonly TierRule[];
  /** Of `passes`, those below which a rule would contradict the default action. */
  readonly closing: ReadonlySet<TierRule>;
  /** The Admin rules that decide, for `CoverIndex.first`. */
  readonly deciding: ShadowIndex<TierRule>;
  readonly problems: readonly Problem[];
}

/** Takes both tiers in order of priority. */
export function tierTableOf(
  admin: readonly TierRule[],
  baseline: readonly TierRule[],
  defaultAction: Verdict,
): TierTable {
  const problems: Problem[] = [];
  const kept = withoutCovered(admin, problems);
  const deciding = new ShadowIndex<TierRule>();
  for (const ranked of kept) if (ranked.intent.action !== 'Pass') deciding.add(ranked);
  const passes = kept.filter((ranked) => isPass(ranked) && isContradicted(ranked, kept, ['Accept', 'Deny']));
  const reachable = baseline.filter((ranked) => {
    const cover = deciding.first(ranked, (outer) => matchCovers(outer, ranked));
    const saved = passes.some((pass) => cover && pass.position < cover.position && intersectMatches(ranked, pass));
    if (cover && !saved) problems.push(shadowProblem(ranked.intent, cover.intent));
    return !cover || saved;
  });
  const keptBaseline = withoutCovered(reachable, problems);
  const other = [defaultAction === 'Deny' ? 'Accept' : 'Deny'] as const;
  const closing = [...passes.filter((pass) => isContradicted(pass, kept, other))];
  closing.push(...keptBaseline.filter((ranked) => isPass(ranked) && isContradicted(ranked, keptBaseline, other)));
  return { admin: kept, baseline: keptBaseline, passes, closing: new Set(closing), deciding, problems };
}

/** Where a rule below the Admin tier has to stand. */
export interface Expansion {
  /** Its parts inside Pass rules, in the order of these. */
  readonly parts: readonly { readonly pass: TierRule; readonly region: Match }[];
  /** Also in its own place: not everything of it is decided or handed down above. */
  readonly remains: boolean;
  /** The Admin rule that leaves nothing of it. */
  readonly shadowedBy: TierRule | undefined;
  /** A Pass with which it shares flows that no rule can describe. */
  readonly narrowedBy: TierRule | undefined;
}

/**
 * Firewalls have no Pass, so what stands below the Admin tier stands a second time in place of each Pass, as far as it
 * concerns the flows that are passed. Where a name meets a network that part is unknown: then an Accept is left out,
 * and a Deny stands as it is, so that the point permits less than was meant, never more.
 *
 * `cover` is the first Admin rule that covers the whole rule; `passes` have subjects comparable with the rule's.
 */
export function expandPasses(rule: Intent, cover: TierRule | undefined, passes: readonly TierRule[]): Expansion {
  const parts: { pass: TierRule; region: Match }[] = [];
  let narrowedBy: TierRule | undefined;
  for (const pass of passes) {
    if (cover && pass.position > cover.position) break;
    const shared = intersectMatches(rule, pass);
    if (!shared) continue;
    const { subject, ports, exact } = shared;
    if (!exact) narrowedBy ??= pass;
    const destination = exact || rule.action === 'Accept' ? shared.destination : rule.destination;
    if (destination) parts.push({ pass, region: { subject, destination, ports } });
    if (matchCovers(pass, rule)) return { parts, remains: false, shadowedBy: undefined, narrowedBy };
  }
  return { parts, remains: !cover, shadowedBy: parts.length > 0 ? undefined : cover, narrowedBy };
}

export function shadowProblem(inner: Intent, outer: Intent): Problem {
  const equal = inner.action === outer.action;
  return {
    severity: 'warning',
    subject: nameOfOrigin(inner.origin),
    field: inner.origin.field,
    code: equal ? 'redundant' : 'shadowed',
    message: equal
      ? `${nameOfIntent(outer)} already says the same for all of its flows; delete one of them`
      : `never matches, because ${nameOfIntent(outer)} (${outer.action}) comes first for all of its flows; delete it or reorder`,
  };
}

/** Told of the Pass, once: it may concern many rules below, and only there it can be mended for all. */
export function narrowedPassProblem({ origin }: Intent): Problem {
  return {
    severity: 'warning',
    subject: nameOfOrigin(origin),
    field: origin.field,
    code: 'pass-narrowed',
    message:
      'hands flows down by name while rules below know networks, or the other way round; where only both together describe a flow it is not permitted. Use the form of the rules below',
  };
}

/** Told of a Pass by name above an Accept that reaches further: the default Deny for it knows the name's addresses only as far as the device does. */
export function leakingPassProblem({ origin }: Intent): Problem {
  return {
    severity: 'warning',
    subject: nameOfOrigin(origin),
    field: origin.field,
    code: 'pass-by-name-leaks',
    message:
      'hands a name down above a rule that accepts more: where no policy below accepts it, a firewall denies the addresses it has resolved, and an address it does not know yet is accepted by that rule. Pass networks, or narrow the rule that accepts more',
  };
}

/** Leaves out what an earlier one of the list covers. */
function withoutCovered(list: readonly TierRule[], problems: Problem[]): readonly TierRule[] {
  const earlier = new ShadowIndex<TierRule>();
  return list.filter((ranked) => {
    const cover = earlier.first(ranked, (outer) => matchCovers(outer, ranked));
    if (cover) problems.push(shadowProblem(ranked.intent, cover.intent));
    else earlier.add(ranked);
    return !cover;
  });
}

function isPass({ intent }: TierRule): boolean {
  return intent.action === 'Pass';
}

/** Does a later one of the list decide, with one of these actions, on a flow of the Pass? The last are asked first: that is where the sweeping ones stand. */
function isContradicted(pass: TierRule, list: readonly TierRule[], actions: readonly Verdict[]): boolean {
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const later = list[index];
    if (!later || later.position <= pass.position) return false;
    if (actions.some((action) => action === later.intent.action) && intersectMatches(later, pass)) return true;
  }
  return false;
}
