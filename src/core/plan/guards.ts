import type { DesiredState, GroupDelta } from '../model/desired.ts';
import type { Change, Plan, Violation } from '../model/plan.ts';
import { isRule, keyOf, type Resource, type ResourceKey } from '../model/resource.ts';
import { SkippedChanges } from './skipped-changes.ts';

/** What the guards look at. */
export interface GuardInput<R extends Resource = Resource> {
  readonly plan: Plan<R>;
  readonly desired: DesiredState;
  readonly observed: {
    readonly complete: boolean;
    readonly resources: readonly R[];
    /** With what is known of whose they are. */
    readonly foreign: readonly (ResourceKey & { readonly found?: string })[];
  };
  /** Have all caches that the desired state was compiled from been filled? */
  readonly synced: boolean;
  /** Addresses of pods that were individually seen to end: their withdrawal is never held. */
  readonly ended: ReadonlySet<string>;
  readonly limits: { readonly maxRemovals: number; readonly maxRemovalsPercent: number };
}

export interface Guarded<R extends Resource = Resource> {
  readonly violations: readonly Violation[];
  /** What may be carried out all the same. */
  readonly allowed: readonly Change<R>[];
}

/** A pure veto: why the plan, or a part of it, must not be carried out. */
type Guard = (input: GuardInput) => Violation | undefined;

/** Asked in this order; each says in one sentence what it found and what a person can do. */
const guards: readonly Guard[] = [
  notSynced, //         nothing is taken away before we know the whole cluster
  incompleteRead, //    nothing is concluded from what we could not read
  emptySource, //       an accepting rule without any source would be a rule for everyone
  anyToAny, //          no rule lets everyone go everywhere
  tooManyRemovals, //   a typo must not cut off a company
  foreignObjects, //    what is not ours is not touched
];

/** The share of removals counts from this many on: one of three pods leaving is no catastrophe. */
const shareCountsFrom = 10;

/** Which guards object to the plan, and what of it may still be carried out. */
export function guard<R extends Resource>(input: GuardInput<R>): Guarded<R> {
  const violations = guards.flatMap((check) => check(input) ?? []);
  if (violations.some(({ keys }) => keys.length === 0)) return { violations, allowed: explained(input) };
  const held = new Set(violations.flatMap(({ keys }) => keys.map(keyOf)));
  return { violations, allowed: held.size === 0 ? input.plan.changes : without(input.plan.changes, held) };
}

/** Does a membership delta take away so much without an explanation that it must not go out without a look at the whole? */
export function needsGuard(deltas: readonly GroupDelta[], ended: ReadonlySet<string>): boolean {
  const unexplained = deltas.reduce(
    (sum, { removed }) => sum + removed.filter((address) => !ended.has(address)).length,
    0,
  );
  return unexplained >= shareCountsFrom;
}

/** Withdrawals that a healthy watch explains are carried out even while everything else is held: holding them is a hole too. */
function explained<R extends Resource>({ plan, ended }: GuardInput<R>): Change<R>[] {
  return plan.changes.flatMap((change) => {
    if (change.op !== 'members' || change.phase !== 'revoke') return [];
    const remove = change.remove.filter((member) => ended.has(member));
    return remove.length === 0 ? [] : [{ ...change, remove, add: [] }];
  });
}

/** The changes that neither are held nor have to wait for one that is. */
function without<R extends Resource>(changes: readonly Change<R>[], held: ReadonlySet<string>): Change<R>[] {
  const leftOut = new SkippedChanges<R>();
  return changes.flatMap((change) => {
    if (!held.has(keyOf(change.key)) && leftOut.blockerOf(change) === undefined) return [leftOut.anchored(change)];
    leftOut.add(change);
    return [];
  });
}

function notSynced({ synced }: GuardInput): Violation | undefined {
  if (synced) return undefined;
  return {
    guard: 'not-synced',
    keys: [],
    message: 'The cluster has not been read completely yet; nothing is changed until it has.',
  };
}

function incompleteRead({ observed }: GuardInput): Violation | undefined {
  if (observed.complete) return undefined;
  return {
    guard: 'incomplete-read',
    keys: [],
    message: 'The device could not be read completely; nothing is changed until it can.',
  };
}

function emptySource({ desired }: GuardInput): Violation | undefined {
  const rule = desired.rules.find(({ action, sources }) => action === 'Accept' && sources.length === 0);
  if (rule === undefined) return undefined;
  return {
    guard: 'empty-source',
    keys: [],
    message: `Rule ${rule.id} accepts without a source, which would mean everyone. This is a defect of Postern; please report it.`,
  };
}

function anyToAny({ desired }: GuardInput): Violation | undefined {
  const everyone = new Set(
    desired.groups
      .filter(({ members }) => members.includes('0.0.0.0/0') || members.includes('::/0'))
      .map(({ id }) => id),
  );
  const rule = desired.rules.find(
    ({ action, destination, sources }) =>
      action === 'Accept' && destination.any && sources.some((source) => everyone.has(source)),
  );
  if (rule === undefined) return undefined;
  const { kind, namespace, name, field } = rule.origin;
  const subject = [kind, namespace, name].filter((part) => part !== '').join('/');
  return {
    guard: 'any-any',
    keys: [],
    message: `${subject} ${field} would let every source reach every destination. Name the destination, or narrow the point's source networks.`,
  };
}

function tooManyRemovals({ plan, observed, ended, limits }: GuardInput): Violation | undefined {
  const removals = plan.changes.reduce((sum, change) => sum + unexplainedRemovals(change, ended), 0);
  const present = observed.resources.reduce(
    (sum, resource) => sum + (resource.members?.length ?? 0) + (isRule(resource) ? 1 : 0),
    0,
  );
  const percent = present === 0 ? 0 : (100 * removals) / present;
  const tooLargeAShare = removals >= shareCountsFrom && percent > limits.maxRemovalsPercent;
  if (removals <= limits.maxRemovals && !tooLargeAShare) return undefined;
  return {
    guard: 'too-many-removals',
    keys: [],
    message:
      `${removals} of ${present} addresses and rules would be removed, and no pod was seen to end for them; ` +
      `allowed are ${limits.maxRemovals}, and ${limits.maxRemovalsPercent} %. Held. If this is meant, raise spec.guard of the enforcement point for a moment.`,
  };
}

function unexplainedRemovals(change: Change, ended: ReadonlySet<string>): number {
  if (change.op === 'members') return change.remove.filter((member) => !ended.has(member)).length;
  if (change.op !== 'delete') return 0;
  const members = change.before.effect === 'None' ? [] : (change.before.members ?? []);
  return (isRule(change.before) ? 1 : 0) + members.filter((member) => !ended.has(member)).length;
}

function foreignObjects({ observed, plan }: GuardInput): Violation | undefined {
  const foreign = new Map<string, Set<string>>();
  for (const { found = '', ...key } of observed.foreign) {
    foreign.set(keyOf(key), (foreign.get(keyOf(key)) ?? new Set()).add(found));
  }
  const keys = plan.changes.map(({ key }) => key).filter((key) => foreign.has(keyOf(key)));
  if (keys.length === 0) return undefined;
  const owners = [...new Set(keys.flatMap((key) => [...(foreign.get(keyOf(key)) ?? [])]))].filter(Boolean);
  const what = owners.length === 0 ? '' : ` (${owners.slice(0, 3).join('; ')})`;
  const names = [...new Set(keys.map(({ kind, name }) => `${kind} ${name}`))].join(', ');
  return {
    guard: 'foreign-object',
    keys,
    message: `${names}: an object without our mark is in its place${what}. It is left alone; rename or remove it.`,
  };
}
