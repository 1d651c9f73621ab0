import { createHash } from 'node:crypto';
import type { OverGrant } from '../compile/rules/over-grants.ts';
import { grouped } from '../model/grouped.ts';
import { canonical } from '../model/json.ts';
import type { DesiredState, Rule } from '../model/desired.ts';
import type { PointOutcome } from '../model/outcome.ts';
import type { LateWork } from './conditions.ts';
import type { ProxyShare } from './live-proxies.ts';
import type { Loss } from '../model/resource.ts';
import { firstFew, objectName } from '../text/wording.ts';

/** A point that should enforce an object, and how that is going. */
export interface PointShare {
  readonly point: string;
  /** It only looks on: nothing of the object is meant to be in force there. */
  readonly observes: boolean;
  /** The object's rules in the point's desired state, and the source addresses of these. */
  readonly rules: number;
  readonly addresses: number;
  /** Are those rules, as they are now, what was read back from the device last? */
  readonly programmed: boolean;
  readonly losses: readonly Loss[];
  /** Why the device refused one of the rules, if it did. */
  readonly refused: string | undefined;
  /** What of it waits for a change window, if anything does. */
  readonly waits?: Omit<NonNullable<PointOutcome['waiting']>[number], 'id'> | undefined;
  /** Work for the point that has waited too long. */
  readonly late?: LateWork | undefined;
  /** The proxies of its subjects; absent: there are none, or it is not known. */
  readonly proxies?: ProxyShare | undefined;
  /** What became of the point last; undefined: no worker has dealt with it yet. */
  readonly outcome: Pick<PointOutcome, 'state' | 'reason' | 'message'> | undefined;
}

/** What an object has at one point, whatever the device says of it. */
export interface ObjectRules {
  /** Ids of the object's rules, and of the groups these use. */
  readonly ids: readonly string[];
  /** The groups alone. */
  readonly groups: readonly string[];
  readonly rules: number;
  /** Equal as long as the object's rules there are. */
  readonly digest: string;
}

/** Digests of rules. Each rule is looked at once: when one policy changes, the others' rules stay the same objects. */
export class RuleDigests {
  readonly #known = new WeakMap<Rule, string>();

  /** Equal for equal rules in the same order. */
  of(rules: readonly Rule[]): string {
    const [only, another] = rules;
    if (only !== undefined && another === undefined) return this.#digest(only);
    const hash = createHash('sha256');
    for (const rule of rules) hash.update(this.#digest(rule));
    return hash.digest('hex').slice(0, 32);
  }

  #digest(rule: Rule): string {
    const known = this.#known.get(rule);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(canonical(rule)).digest('base64');
    this.#known.set(rule, digest);
    return digest;
  }
}

/** Equal for equal rules: tells whether what was read back is what is wanted now. */
export function rulesDigest(rules: readonly Rule[]): string {
  return new RuleDigests().of(rules);
}

/** Every object's stake in a point's rules, by subject: `EgressPolicy/shop/checkout`, `ExternalService/github`. */
export function objectRulesIn(
  { rules }: Pick<DesiredState, 'rules'>,
  digests: RuleDigests,
): ReadonlyMap<string, ObjectRules> {
  const bySubject = grouped(rules.flatMap((rule) => [...subjectsOf(rule)].map((subject) => [subject, rule] as const)));
  const stakes = new Map<string, ObjectRules>();
  for (const [subject, own] of bySubject) {
    const groups = [...new Set(own.flatMap(({ sources }) => sources))];
    stakes.set(subject, {
      ids: [...own.map(({ id }) => id), ...groups],
      groups,
      rules: own.length,
      digest: digests.of(own),
    });
  }
  return stakes;
}

/** What an outcome says of each rule and group. */
export interface OutcomeIndex {
  readonly losses: ReadonlyMap<string, readonly Loss[]>;
  readonly refused: ReadonlyMap<string, string>;
  readonly waiting: ReadonlyMap<string, NonNullable<PointShare['waits']>>;
  /** Does any of these differ on the device? */
  readonly differs: (ids: readonly string[]) => boolean;
}

export function indexOutcome(outcome: PointOutcome | undefined, overGrants: readonly Loss[]): OutcomeIndex {
  const losses = grouped([...(outcome?.losses ?? []), ...overGrants].map((loss) => [loss.id, loss]));
  const refused = new Map(outcome?.refused.map(({ id, message }) => [id, message]));
  const differing = new Set(outcome?.differing);
  const differs = (ids: readonly string[]): boolean =>
    differing.size > 0 && (differing.has('*') || ids.some((id) => differing.has(id)));
  const waiting = new Map(outcome?.waiting?.map((one) => [one.id, one]));
  return { losses, refused, waiting, differs };
}

/** At a point that cannot distinguish pods: workloads that gain the access of others. At a point of network policies: pods that the policies do not bind. */
export function overGrantLoss({ kind, group, title, workloads, count }: OverGrant): Loss {
  const others = firstFew(workloads, workloads.length, ', ', count);
  if (kind === 'host-network') {
    const message = `Network policies do not apply to pods on the host network, so this point stops nothing from ${others}: let a perimeter of vantage Node cover them, or take them off the host network.`;
    return { effect: 'elsewhere', id: group, code: 'host-network', message };
  }
  return {
    effect: 'approximate',
    id: group,
    code: 'over-grant',
    message: `Other workloads behind the ${title} get the same access here: ${others}. Only the mesh can distinguish them; otherwise give them their own addresses.`,
  };
}

const mostLosses = 64;
const longestMessage = 1024;

/** As many as a status holds. */
export function lossesFor(losses: readonly Loss[]): Loss[] {
  return losses.slice(0, mostLosses).map((loss) => ({ ...loss, message: loss.message.slice(0, longestMessage) }));
}

function subjectsOf({ origin }: Rule): string[] {
  const { externalService } = origin;
  const subject = objectName(origin);
  return externalService === undefined ? [subject] : [subject, `ExternalService/${externalService}`];
}
