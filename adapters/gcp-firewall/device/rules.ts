import { textOf } from '../../../kit/common/api/json.ts';
import { Ownership } from '../../../kit/common/ownership/ownership.ts';
import { accepted } from '../../../kit/whole-document/operations.ts';
import { changedList } from '../../../kit/whole-document/ordered.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { readMark } from '../../../src/adapter/owner.ts';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { priorities } from '../objects/priorities.ts';
import { nativeRule, type OurRule } from '../objects/rule.ts';
import { policyPath, templates, type Gcp, type PlacedRule } from './known.ts';
import { awaitedOf, pollAfterMs } from './operations.ts';
import { priorityOf, readPolicy, sorted, type Sorted } from './policy.ts';

/*
 * All rules of the policy are written at once, those of others as they were read a moment before: the fingerprint of that
 * reading says to Google that nothing has changed since. So whatever changes comes into force together, and in its order.
 */

/** @throws AdapterError when nothing of it was accepted */
export async function writeRules(gcp: Gcp, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const policy = await readPolicy(gcp);
  const found = sorted(policy, new Ownership(gcp.owner, 'description'));
  const wanted = changes.reduce<readonly OurRule[]>(ruleAfter, found.ours);
  const { rules: placed, refusal } = placedRules(gcp, found, wanted);
  const keys = changes.map(({ key }) => key);
  if (canonical(placed) === canonical(found.ours)) {
    if (refusal !== undefined) throw refusal;
    return keys.map((key) => ({ key, result: 'done' }));
  }
  const rules = [...found.theirs.map(written), ...placed.map((rule) => nativeRule(rule, rule.priority))];
  const operation = await gcp.ask({
    method: 'PATCH',
    path: policyPath(gcp.config),
    template: templates.policy,
    body: { fingerprint: policy.fingerprint, rules },
  });
  return accepted(awaitedOf(keys, operation, policyPath(gcp.config)), pollAfterMs);
}

/** Each change by itself: what another guard holds back must not come with it. */
function ruleAfter(rules: readonly OurRule[], change: Change): readonly OurRule[] {
  const at = rules.findIndex(({ name }) => name === change.key.name);
  const found = rules[at];
  if (change.op !== 'members' && change.op !== 'update') return changedList(rules, [change], created);
  if (found === undefined) throw new AdapterError('not-found', `Rule ${change.key.name} is not there.`);
  if (change.op === 'update') return rules.with(at, { ...found, spec: change.after.spec });
  const leaving = new Set(change.remove);
  const members = new Set([...found.members.filter((member) => !leaving.has(member)), ...change.add]);
  return rules.with(at, { ...found, members: [...members].sort() });
}

function created({ name, spec, members = [] }: NonNullable<Change['after']>): OurRule {
  return { name, spec, members };
}

interface Placed {
  readonly rules: readonly PlacedRule[];
  /** Why they do not stand where they should, if they do not. */
  readonly refusal?: AdapterError;
}

/**
 * Rules where they are to stand. Where those of others leave no room before them, they are written behind them: access that
 * ends must not wait until an administrator makes room.
 *
 * @throws AdapterError `quota` where there are fewer priorities than rules
 */
function placedRules({ config }: Gcp, { ours, theirs }: Sorted, wanted: readonly OurRule[]): Placed {
  const { firstPriority: first, lastPriority } = config;
  const current = new Map(ours.map(({ name, priority }) => [name, priority]));
  const upTo = (last: number): readonly PlacedRule[] | undefined => {
    const range = { first, last, taken: new Set(theirs.map(priorityOf)) };
    const places = priorities(
      wanted.map(({ name }) => current.get(name)),
      range,
    );
    return places && wanted.map((rule, at) => ({ ...rule, priority: places[at] ?? first }));
  };
  const limit = accepting(theirs, config)[0];
  const last = limit === undefined ? lastPriority : priorityOf(limit) - 1;
  const found = upTo(last);
  if (found !== undefined) return { rules: found };
  const why = limit === undefined ? '' : `, for "${textOf(limit['ruleName'])}" of others stands at ${last + 1}`;
  const refusal = new AdapterError(
    'quota',
    `${wanted.length} rules do not fit between priorities ${first} and ${last}${why}. Make more room for them: widen the range of config.firstPriority and config.lastPriority, which belongs to Postern alone.`,
  );
  const behind = limit === undefined ? undefined : upTo(lastPriority);
  if (behind === undefined) throw refusal;
  return { rules: behind, refusal };
}

/**
 * Rules of others among our priorities that let packets go past those of ours that stand below. Ours stand above them; one that only denies is left where it
 * is, because an administrator may have put it there in an emergency.
 */
export function accepting(
  theirs: readonly JsonObject[],
  { firstPriority, lastPriority }: Gcp['config'],
): readonly JsonObject[] {
  return theirs.filter((native) => {
    const priority = priorityOf(native);
    const isOutgoing = native['direction'] === 'EGRESS' && native['disabled'] !== true;
    const isAmong = priority >= firstPriority && priority <= lastPriority;
    // Another cluster's rules are about other sources.
    const isPosterns = readMark(textOf(native['description'])) !== undefined;
    return isAmong && isOutgoing && native['action'] !== 'deny' && !isPosterns;
  });
}

/** Without what Google says of it. */
function written({ kind: _, ruleTupleCount: _count, ...native }: JsonObject): JsonObject {
  return { ...native, priority: priorityOf(native) };
}
