import type { DesiredState, Rule } from '../model/desired.ts';
import { grouped } from '../model/grouped.ts';
import { ruleTitle, throughPorts } from '../text/wording.ts';
import type { AuditPolicy, AuditRule } from './record.ts';

/** What a rule or a group is for. */
export interface Purpose {
  readonly title: string;
  readonly policies: readonly AuditPolicy[];
  readonly rule?: AuditRule;
  /** When the rules that need it expire, RFC 3339; empty: at least one of them does not expire. */
  readonly ends: readonly string[];
}

/** By id of rule or group. */
export type Purposes = ReadonlyMap<string, Purpose>;

/** Most policies that a record of a group names. */
const mostPolicies = 4;

/** What the rules and groups of a desired state are for; takes linear time. */
export function purposesOf({ rules, groups }: DesiredState): Purposes {
  const titles = new Map(groups.map((group) => [group.id, group]));
  const users = grouped(rules.flatMap((rule) => rule.sources.map((id) => [id, rule] as const)));
  const subjects = new Map<string, Purpose>();
  for (const { id, title } of groups) {
    const using = users.get(id) ?? [];
    const policies = new Map(using.slice(0, 64).map(({ origin }) => [`${origin.uid} ${origin.field}`, origin]));
    const named = [...policies.values()].slice(0, mostPolicies).map((origin) => policyOf({ origin }));
    subjects.set(id, { title, policies: named, ends: endsOf(using) });
  }
  for (const rule of rules) {
    const about = {
      title: ruleTitle(rule, titles),
      policies: [policyOf(rule)],
      rule: neutral(rule),
      ends: endsOf([rule]),
    };
    subjects.set(rule.id, about);
  }
  return subjects;
}

function policyOf({ origin }: Pick<Rule, 'origin'>): AuditPolicy {
  const { kind, namespace, name, uid, generation, field, changedBy, approvedBy } = origin;
  const people = { ...(changedBy && { changedBy }), ...(approvedBy && { approvedBy }) };
  return { kind, namespace, name, uid, generation, field, ...people };
}

function neutral(rule: Rule): AuditRule {
  const { any, names, networks } = rule.destination;
  return {
    action: rule.action,
    sources: [...rule.sources],
    destination: { any, names: [...names], networks: [...networks] },
    ports: throughPorts(rule),
    ...(rule.expiresAt !== undefined && { expiresAt: rule.expiresAt }),
  };
}

function endsOf(rules: readonly Rule[]): readonly string[] {
  const ends = rules.flatMap(({ expiresAt }) => expiresAt ?? []);
  return ends.length < rules.length ? [] : [...new Set(ends)];
}
