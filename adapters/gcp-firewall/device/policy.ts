import { objectsIn, textOf } from '../../../kit/common/api/json.ts';
import type { Ownership } from '../../../kit/common/ownership/ownership.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { kinds, withPriority } from '../objects/names.ts';
import { ruleIn } from '../objects/rule.ts';
import { policyPath, templates, type Gcp, type PlacedRule, type Policy } from './known.ts';

export async function readPolicy({ ask, config }: Gcp): Promise<Policy> {
  const { rules, ...fields } = await ask({ method: 'GET', path: policyPath(config), template: templates.policy });
  const fingerprint = textOf(fields['fingerprint']);
  // A policy has at least four rules that cannot be deleted.
  if (fingerprint === '' || !Array.isArray(rules) || rules.length === 0)
    throw new AdapterError('transient', `GET ${templates.policy}: the answer is no firewall policy.`);
  return { fingerprint, fields, rules: [...objectsIn(rules)].sort((a, b) => priorityOf(a) - priorityOf(b)) };
}

export function priorityOf(native: JsonObject): number {
  return Number(native['priority'] ?? 0);
}

/** From here on stand the rules with which a policy is made, and which stay: they hand on whatever comes to them. */
export const firstDefault = 2_147_483_644;

export interface Sorted {
  /** In their order. */
  readonly ours: readonly PlacedRule[];
  readonly theirs: readonly JsonObject[];
}

/** @param ownership is told whose they are */
export function sorted({ rules }: Pick<Policy, 'rules'>, ownership: Ownership): Sorted {
  const ours: PlacedRule[] = [];
  const theirs: JsonObject[] = [];
  const names = new Set<string>();
  for (const native of rules) {
    const name = textOf(native['ruleName']);
    const mark = textOf(native['description']);
    if (ownership.subjectOf(mark) === undefined) {
      ownership.noteForeign(kinds.rule, { name, mark });
      theirs.push(native);
      continue;
    }
    const priority = priorityOf(native);
    // Names are not unique: of two rules with our mark and one name, the second is none that we have made.
    const own = names.has(name) || name === '' ? withPriority(name, priority) : name;
    names.add(own);
    ours.push({ ...ruleIn(native, own), priority });
  }
  return { ours, theirs };
}
