import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import { Ownership } from '../../../kit/common/ownership/ownership.ts';
import type { Reading } from '../../../kit/common/session.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { kinds } from '../objects/names.ts';
import { ruleIn, ruleResource } from '../objects/rule.ts';
import { readGroups } from './address-groups.ts';
import type { Gcp, Known } from './known.ts';
import { firstDefault, priorityOf, readPolicy, sorted, type Sorted } from './policy.ts';
import { accepting } from './rules.ts';

/** The rules with our mark in their order, our address groups, and what others have in the policy. */
export async function observe(gcp: Gcp): Promise<Reading<Known>> {
  const policy = await readPolicy(gcp);
  const ownership = new Ownership(gcp.owner, 'description');
  const found = sorted(policy, ownership);
  const groups = await readGroups(gcp, ownership);
  const { neighbours } = ownership;
  return {
    known: { rules: found.ours },
    observed: {
      complete: true,
      resources: [...groups, ...ourRules(gcp, found)],
      foreign: ownership.foreign,
      others: othersIn(found),
      ...(neighbours && { neighbours }),
    },
  };
}

/** What stands outside our priorities, or below a rule of others that lets packets go past it, is put back. */
function ourRules({ config }: Gcp, { ours, theirs }: Sorted): readonly Resource[] {
  const [intruder] = accepting(theirs, config);
  const last = Math.min(config.lastPriority, intruder === undefined ? Infinity : priorityOf(intruder));
  return ours.map((rule, position) => {
    const isInPlace = rule.priority >= config.firstPriority && rule.priority <= last;
    return { ...ruleResource(rule, position), ...(!isInPlace && { detached: true as const }) };
  });
}

/** Rules of others that decide about what leaves, each behind so many of ours. */
function othersIn({ ours, theirs }: Sorted): readonly Resource[] {
  const outgoing = theirs.filter((native) => native['direction'] === 'EGRESS' && priorityOf(native) < firstDefault);
  return outgoing.map((native) => {
    const priority = priorityOf(native);
    const behind = ours.filter((rule) => rule.priority < priority).length;
    const name = [textOf(native['ruleName']), `priority ${priority}`].filter(Boolean).join(', ');
    return { ...ruleResource(ruleIn(native, name), behind), kind: kinds.rule, members: sourcesOf(native) };
  });
}

function sourcesOf(native: JsonObject): readonly string[] {
  const match = native['match'] as JsonObject | undefined;
  return namesIn(match?.['srcIpRanges']);
}
