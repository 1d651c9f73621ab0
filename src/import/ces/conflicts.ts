import { everywhere } from '../../net/cidr.ts';
import { lost, type Remark } from '../outcome.ts';
import { overlap, reachesNames } from './destination.ts';
import type { Finding } from '../importer.ts';
import { about, some } from './finding.ts';
import type { CesRule, Entry } from './rules.ts';

/*
 * Rules that meet. In CES the rules of one scope are asked in the order in which they arrived, and after a restart in
 * another: what they permit together depends on that order. Here nothing is accepted that some order stops.
 */

export interface Settled {
  /** Without the entries that are withheld. */
  readonly rules: readonly CesRule[];
  readonly findings: readonly Finding[];
}

export function settle(rules: readonly CesRule[]): Settled {
  // A rule meets those of its own namespace and those of the cluster, whose namespace is empty.
  const rivals = new Map<string, CesRule[]>();
  for (const rule of rules.filter(({ effect }) => effect !== 'Accept')) {
    const own = rivals.get(rule.namespace) ?? [];
    rivals.set(rule.namespace, own);
    own.push(rule);
  }
  const settled = rules.map((rule) => {
    if (rule.effect !== 'Accept') return { rule, findings: remarksOn(rule) };
    const scopes = [...new Set(['', rule.namespace])];
    return settleAccept(
      rule,
      scopes.flatMap((namespace) => rivals.get(namespace) ?? []),
    );
  });
  return {
    rules: settled.map(({ rule }) => rule),
    findings: [...settled.flatMap(({ findings }) => findings), ...(dependsOnNames(rules) ? [namesNotResolved] : [])],
  };
}

function settleAccept(
  rule: CesRule,
  rivals: readonly CesRule[],
): { readonly rule: CesRule; readonly findings: readonly Finding[] } {
  const sameScope = rivals.filter((other) => other.scope === rule.scope && other.namespace === rule.namespace);
  const passes = sameScope.filter(({ effect }) => effect === 'Pass');
  const denials = sameScope.filter(({ effect }) => effect === 'Deny');
  const asked = rivals.filter((other) => other.effect === 'Deny' && isAskedBefore(other, rule));
  const later = rivals.filter((other) => isServiceDenial(other, rule));
  const judged = rule.entries.map((entry) => {
    const withheld =
      told(rule, entry, meeting(asked, entry, reachesNames), withheldForName) ??
      told(rule, entry, meeting(passes, entry, overlap), withheldForOrder);
    const narrowed =
      told(rule, entry, meeting(denials, entry, overlap), orderOfArrival) ??
      told(rule, entry, meeting(later, entry, overlap), denyAskedFirst);
    return { entry, withheld, finding: withheld ?? narrowed };
  });
  const entries = judged.filter(({ withheld }) => withheld === undefined).map(({ entry }) => entry);
  return { rule: { ...rule, entries }, findings: judged.flatMap(({ finding }) => finding ?? []) };
}

/** In the same scope it may come first; a wider scope always does. */
function isAskedBefore(denial: CesRule, rule: CesRule): boolean {
  if (denial.scope === 'cluster') return true;
  if (denial.namespace !== rule.namespace) return false;
  return denial.scope === rule.scope || rule.scope === 'service';
}

/** Among the policies of a namespace Deny is evaluated first, for every subject; CES evaluates the namespace before its Services. */
function isServiceDenial(other: CesRule, rule: CesRule): boolean {
  return (
    rule.scope === 'namespace' &&
    other.scope === 'service' &&
    other.effect === 'Deny' &&
    other.namespace === rule.namespace
  );
}

function meeting(
  others: readonly CesRule[],
  { destination }: Entry,
  meets: (theirs: Entry['destination'], own: Entry['destination']) => boolean,
): readonly string[] {
  return others
    .filter((other) => other.entries.some((entry) => meets(entry.destination, destination)))
    .map(({ subject }) => subject);
}

type Tell = (entry: Entry, others: string) => Remark;

function told(rule: CesRule, entry: Entry, others: readonly string[], tell: Tell): Finding | undefined {
  return others.length === 0 ? undefined : about(rule, tell(entry, some(others)));
}

const withheldForName: Tell = ({ field, service }, others) =>
  lost(
    field,
    'withheld-for-denied-name',
    `ExternalService/${service} leads to names that ${others} drops; a name cannot be denied here, so that it is left out: accept only the names that are needed`,
  );

const withheldForOrder: Tell = ({ field, service }, others) =>
  lost(
    field,
    'withheld-for-order',
    `ExternalService/${service} has the action accept-decisively in this rule and only accept in ${others}; in CES the order of creation decides: it is left out; remove one of the two`,
  );

const orderOfArrival: Tell = ({ field, service }, others) => ({
  effect: 'unsafe',
  severity: 'warning',
  field,
  code: 'order-of-arrival',
  message: `ExternalService/${service} meets what ${others} drops, and the order of arrival, which a restart changes, decides in CES; here Deny is asked first: if this is the exception that is meant, narrow the Deny`,
});

const denyAskedFirst: Tell = ({ field, service }, others) => ({
  effect: 'changed',
  severity: 'warning',
  field,
  code: 'deny-asked-first',
  message: `ExternalService/${service} meets what ${others} drops; CES asks the namespace first and lets it through, here Deny is asked before Accept`,
});

/** What a rule means that lets nothing through. */
function remarksOn(rule: CesRule): readonly Finding[] {
  if (rule.effect === 'Pass') return [notFinal(rule)];
  return rule.entries
    .filter(({ destination }) => destination.names.length > 0)
    .map(({ field, service, destination }) => {
      const message = `ExternalService/${service} has names (${some(destination.names)}), and a Deny on a name has holes, on BIG-IP as well: not all its addresses are ever known; deny networks, or accept only what is needed`;
      return about(rule, lost(field, 'deny-on-domain-name', message));
    });
}

function notFinal(rule: CesRule): Finding {
  const next = rule.scope === 'cluster' ? 'the rules of namespaces and Services' : 'the rules of Services';
  return about(rule, {
    effect: 'changed',
    severity: 'warning',
    field: 'spec.action',
    code: 'accept-is-not-final',
    message: `accept only hands a flow on to ${next}, which drop what they do not name: by itself it permits nothing, and nothing is written for it; if it was meant to permit, that was accept-decisively`,
  });
}

function dependsOnNames(rules: readonly CesRule[]): boolean {
  const entries = rules.flatMap(({ effect, entries }) => entries.map(({ destination }) => ({ effect, destination })));
  const narrower = (network: string): boolean => !everywhere.includes(network);
  return (
    entries.some(({ destination }) => destination.names.length > 0) &&
    entries.some(({ effect, destination }) => effect !== 'Accept' && destination.networks.some(narrower))
  );
}

const namesNotResolved: Finding = {
  effect: 'changed',
  severity: 'info',
  subject: 'all rules',
  field: '',
  code: 'names-not-resolved',
  message:
    'names are not looked up: where one resolves into a network that another rule drops or hands on, the two are taken for apart',
};
