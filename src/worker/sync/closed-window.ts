import type { AddressGroup, DesiredState, Rule } from '../../core/model/desired.ts';
import type { Plan, Violation } from '../../core/model/plan.ts';
import { isRule, type Resource } from '../../core/model/resource.ts';
import { diff } from '../../core/plan/diff.ts';
import { widens } from '../../core/plan/guard/skipped-changes.ts';
import {
  partsHeldByGuard,
  waitingParts,
  waitingText,
  type WaitingPart,
  type WaitingUntil,
} from '../../core/plan/window/waiting-parts.ts';
import { withinWindow, withMembersFound, withMembersNow } from '../../core/plan/window/within-window.ts';
import type { Guarded, GuardInput } from '../../core/plan/guard/guards.ts';

/** A point while its change windows are closed. */
export interface Closed<R extends Resource> {
  readonly wanted: DesiredState;
  /** What was in force last, as far as anybody has kept it. */
  readonly before: DesiredState;
  /** What the device has. */
  readonly resources: readonly R[];
  /** What would bring it to what is wanted. */
  readonly plan: Plan<R>;
  readonly lower: (desired: DesiredState) => readonly R[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * What may be in force while the change windows of a point are closed. What was in force last is believed as far as the
 * device shows it: a rule that is not there is a grant like any other, and one that is there as wanted is none.
 *
 * @returns undefined: the device has rules of which that says nothing, so that only the changes themselves tell
 */
export function whileClosed<R extends Resource>(closed: Closed<R>): DesiredState | undefined {
  const { wanted, resources, now } = closed;
  const before = withMembersNow(withThoseThere(closed), wanted, resources);
  const first = heldAgainst(before, closed);
  const bounded = withinWindow(wanted, without(before, first.absent), now);
  if (bounded === undefined || first.different.size === 0) return bounded;
  // A sync that was broken off, or whose end was not seen, has written some of this.
  const some = withMembersNow(replaced(before, bounded, first.different), wanted, resources);
  const second = heldAgainst(some, closed);
  return second.different.size === 0 ? withinWindow(wanted, without(some, second.absent), now) : undefined;
}

interface Differing {
  readonly absent: ReadonlySet<string>;
  readonly different: ReadonlySet<string>;
}

/** Ids of rules that the device does not have, or in another form. */
function heldAgainst<R extends Resource>(state: DesiredState, { wanted, resources, lower }: Closed<R>): Differing {
  const ids = new Set(wanted.rules.map(({ id }) => id));
  const there = new Set(resources.map(({ desiredId = '' }) => desiredId));
  const [absent, different] = [new Set<string>(), new Set<string>()];
  for (const change of diff(lower(withMembersFound(state, resources)), resources).changes) {
    const object = change.after ?? change.before;
    const { desiredId: id = '' } = object ?? {};
    // Who is in a rule, where a device has that in the rule itself, comes and goes.
    if (object === undefined || !isRule(object) || change.op === 'move' || change.op === 'members') continue;
    if (change.op === 'create' && !there.has(id)) absent.add(id);
    else if (widens(change) || ids.has(id)) different.add(id);
  }
  return { absent, different };
}

function without(state: DesiredState, ids: ReadonlySet<string>): DesiredState {
  return { ...state, rules: state.rules.filter(({ id }) => !ids.has(id)) };
}

/** The state, but rules with these ids as they are in the other one. */
function replaced(state: DesiredState, other: DesiredState, ids: ReadonlySet<string>): DesiredState {
  const forms = new Map(other.rules.map((rule) => [rule.id, rule]));
  const groups = new Map([...other.groups, ...state.groups].map((group) => [group.id, group]));
  const rules = state.rules.flatMap((rule) => (ids.has(rule.id) ? (forms.get(rule.id) ?? []) : [rule]));
  return usedBy(rules, state, groups);
}

/** The state with these rules, and the groups that they name. */
function usedBy(rules: readonly Rule[], state: DesiredState, groups: ReadonlyMap<string, AddressGroup>): DesiredState {
  const used = new Set(rules.flatMap(({ sources }) => sources));
  return { ...state, rules, groups: [...groups.values()].filter(({ id }) => used.has(id)) };
}

/** The rules before, and those of which the device has what is wanted. */
function withThoseThere<R extends Resource>({ wanted, before, resources, plan }: Closed<R>): DesiredState {
  const there = new Set(resources.flatMap((resource) => (isRule(resource) ? (resource.desiredId ?? []) : [])));
  for (const { op, after, before: was } of plan.changes) {
    const object = after ?? was;
    if (op !== 'move' && object !== undefined && isRule(object)) there.delete(object.desiredId ?? '');
  }
  const asWanted = new Map(wanted.rules.flatMap((rule) => (there.has(rule.id) ? [[rule.id, rule]] : [])));
  const kept = before.rules.map((rule) => asWanted.get(rule.id) ?? rule);
  const ids = new Set(kept.map(({ id }) => id));
  const rules = [...kept, ...[...asWanted.values()].filter(({ id }) => !ids.has(id))];
  const groups = new Map([...before.groups, ...wanted.groups].map((group) => [group.id, group]));
  return usedBy(rules, before, groups);
}

/** What a closed point is judged by. */
interface Judging<R extends Resource> extends Omit<Closed<R>, 'before'> {
  /** Absent: nobody knows. */
  readonly before: DesiredState | undefined;
  /** When a window opens, in words. */
  readonly closedUntil: string;
  /** What would bring the device to these. */
  readonly planTo: (resources: readonly R[]) => Plan<R>;
  /** Told what the device is brought to, where that is not all that is wanted. */
  readonly narrowed?: ((desired: DesiredState) => Promise<void>) | undefined;
}

/** What the guards say of a point while it is closed. */
export interface JudgedWhileClosed<R extends Resource> extends Guarded<R> {
  /** What waits, and when a window opens, in words; absent: nothing. */
  readonly waits?: WaitingUntil;
  /** What of the desired state is in force while something waits. */
  readonly inForce?: DesiredState;
  /** What the device is brought to. */
  readonly desired: DesiredState;
}

/** Of what permits more, lets through only what was in force before; where nobody knows that, what the changes alone tell. */
export async function judgedWhileClosed<R extends Resource>(
  { closedUntil, planTo, narrowed, before, ...closed }: Judging<R>,
  judge: (input: Partial<GuardInput<R>>) => Promise<Guarded<R>>,
): Promise<JudgedWhileClosed<R>> {
  const { wanted } = closed;
  const inForce = before && whileClosed({ ...closed, before });
  if (inForce === undefined) return { ...named(await judge({ closedUntil }), closed, closedUntil), desired: wanted };
  const { waits, violation } = windowViolation(closed, inForce, closedUntil);
  if (waits.length === 0) return { ...(await judge({ closedUntil: undefined })), desired: wanted };
  await narrowed?.(inForce);
  const plan = planTo(closed.lower(inForce));
  const { violations, allowed } = await judge({ desired: inForce, plan, closedUntil: undefined });
  return {
    violations: [...violations, violation],
    allowed,
    waits: { until: closedUntil, all: waits },
    inForce,
    desired: inForce,
  };
}

/** What waits, as a violation that names it. */
function windowViolation<R extends Resource>(
  { wanted, plan }: Pick<Closed<R>, 'wanted' | 'plan'>,
  inForce: DesiredState,
  closedUntil: string,
): { readonly waits: readonly WaitingPart[]; readonly violation: Violation } {
  const waits = waitingParts(wanted, inForce);
  const ids = new Set(waits.map(({ id }) => id));
  const keys = plan.changes.flatMap(({ key, after, before }) =>
    ids.has((after ?? before)?.desiredId ?? '') ? [key] : [],
  );
  const some = keys.length > 0 ? keys : plan.changes.map(({ key }) => key);
  return { waits, violation: { guard: 'change-window', keys: some, message: waitingText(waits, closedUntil) } };
}

/** Names what a guard that knows the changes alone has left waiting. */
function named<R extends Resource>(
  { violations, allowed }: Guarded<R>,
  { wanted, plan }: Pick<Closed<R>, 'wanted' | 'plan'>,
  closedUntil: string,
): Guarded<R> & { readonly waits?: WaitingUntil } {
  if (!violations.some(({ guard }) => guard === 'change-window')) return { violations, allowed };
  const waits = partsHeldByGuard(plan.changes, allowed, wanted);
  if (waits.length === 0) return { violations, allowed };
  const message = waitingText(waits, closedUntil);
  const told = violations.map((one) => (one.guard === 'change-window' ? { ...one, message } : one));
  return { violations: told, allowed, waits: { until: closedUntil, all: waits } };
}
