import type { DesiredState, GroupDelta } from '../../model/desired.ts';
import type { Change, Plan, Violation } from '../../model/plan.ts';
import { isRule, keyOf, type Resource, type ResourceKey } from '../../model/resource.ts';
import { atOnce, type Steps } from '../../model/steps.ts';
import { everyPodListed, unexplained } from './explained.ts';
import { endedIn, withoutMembers } from './held-groups.ts';
import {
  excessive,
  leastCountedRemovals,
  lossesOf,
  unexplainedPart,
  withMembersThatStay,
  type Loss,
  type RemovalLimits,
} from './removals.ts';
import { reachesIn } from './reach.ts';
import { SkippedChanges } from './skipped-changes.ts';
import { counted, firstFew, objectName } from '../../text/wording.ts';
import { waitsForWindow } from '../window/change-window.ts';
import { UnreadablePolicies, unreadablePolicies, type Split } from './unreadable-policy.ts';

/** What the guards look at. */
export interface GuardInput<R extends Resource = Resource> {
  readonly plan: Plan<R>;
  readonly desired: DesiredState;
  readonly observed: {
    readonly complete: boolean;
    readonly resources: readonly R[];
    /** With what is known of whose they are. */
    readonly foreign: readonly (ResourceKey & { readonly found?: string })[];
    /** Other points of this cluster with objects in the same place. */
    readonly neighbours?: { readonly points: readonly string[]; readonly areFirst: boolean };
  };
  /** Have all caches that the desired state was compiled from been filled? */
  readonly synced: boolean;
  /** Addresses of pods that were individually seen to end, or `everyPodListed`: their withdrawal is never held. */
  readonly ended: ReadonlySet<string>;
  readonly limits: RemovalLimits;
  /** When a change window of the point opens, in words; absent: one is open, or there is none. */
  readonly closedUntil?: string | undefined;
}

export interface Guarded<R extends Resource = Resource> {
  readonly violations: readonly Violation[];
  /** What may be carried out all the same. */
  readonly allowed: readonly Change<R>[];
}

/** A pure veto: why the plan, or a part of it, must not be carried out. */
type Guard = (input: GuardInput) => Objection | undefined;

interface Objection extends Violation {
  /** Set: of the objects named only this is held; undefined for a change that is not. */
  readonly split?: <R extends Resource>(change: Change<R>) => Split<R> | undefined;
}

/** Asked in this order; each says in one sentence what it found and what a person can do. */
const guards: readonly Guard[] = [
  notSynced, //         nothing is taken away before we know the whole cluster
  placeTaken, //        two points in one place undo each other's rules
  incompleteRead, //    nothing is concluded from what we could not read
  emptySource, //       an accepting rule without any source would be a rule for everyone
  anyToAny, //          no rule lets everyone go everywhere
  tooManyRemovals, //   a typo must not cut off a company
  unreadablePolicy, //  a policy that cannot be read may deny what others permit
  foreignObjects, //    what is not ours is not touched
  changeWindow, //      what permits more waits until it is time
];

/** Which guards object to the plan, and what of it may still be carried out. */
export function guard<R extends Resource>(input: GuardInput<R>): Guarded<R> {
  return atOnce(guarding(input));
}

/** The same, for who must not be kept for long by a plan with many changes. */
export function* guarding<R extends Resource>(input: GuardInput<R>): Steps<Guarded<R>> {
  const objections: Objection[] = [];
  for (const check of guards) {
    const objection = check(input);
    if (objection !== undefined) objections.push(objection);
    yield;
  }
  const violations = objections.map(({ split: _, ...violation }) => violation);
  if (violations.length === 0) return { violations, allowed: input.plan.changes };
  if (violations.some(({ keys }) => keys.length === 0)) return { violations, allowed: explained(input) };
  const splitters = objections.flatMap(({ split }) => split ?? []);
  const held = new Set(objections.flatMap(({ keys, split }) => (split === undefined ? keys.map(keyOf) : [])));
  const leave = endedIn(input.plan.changes, input.ended);
  const allowed = without(
    { ...input, observed: { ...input.observed, resources: withoutMembers(input.observed.resources, leave) } },
    held,
    splitters,
  );
  const gone = new Set(allowed.flatMap(({ op, key }) => (op === 'delete' ? [keyOf(key)] : [])));
  return { violations, allowed: [...leave.filter(({ key }) => !gone.has(keyOf(key))), ...allowed] };
}

/** Does a membership delta take away so much without an explanation that it must not go out without a look at the whole? */
export function needsGuard(
  deltas: readonly GroupDelta[],
  ended: ReadonlySet<string>,
  limits: GuardInput['limits'],
): boolean {
  const count = deltas.reduce((sum, { removed }) => sum + unexplained(removed, ended).length, 0);
  return count >= leastCountedRemovals(limits);
}

/** Withdrawals that a pod explains are carried out even while everything else is held: holding them is a hole too. */
function explained<R extends Resource>({ plan, ended: known, synced }: GuardInput<R>): Change<R>[] {
  // A list of every pod says nothing of addresses that objects give them which are not seen.
  const ended = synced ? known : new Set([...known].filter((address) => address !== everyPodListed));
  const changes = plan.changes.flatMap((change) => (change.phase === 'revoke' ? explainedPart(change, ended) : []));
  return [...endedIn(plan.changes, known), ...changes];
}

function explainedPart<R extends Resource>(change: Change<R>, ended: ReadonlySet<string>): Change<R>[] {
  if (change.op !== 'members') return [];
  const left = new Set(unexplained(change.remove, ended));
  const remove = change.remove.filter((member) => !left.has(member));
  return remove.length === 0 ? [] : [{ ...change, remove, add: [] }];
}

/** The changes that neither are held nor have to wait for one that is; of a change of members, what a pod explains. */
function without<R extends Resource>(
  { plan, desired, observed }: GuardInput<R>,
  held: ReadonlySet<string>,
  splitters: readonly NonNullable<Objection['split']>[],
): Change<R>[] {
  const wanted = plan.changes.flatMap(({ after }) => after ?? []);
  const leftOut = new SkippedChanges<R>(reachesIn(desired, [...observed.resources, ...wanted]));
  return plan.changes.flatMap((change) => {
    const splits = splitters.flatMap((split) => split(change) ?? []);
    const split = splits.find(({ goes }) => goes.length === 0) ?? splits[0];
    if (split?.waits !== undefined) leftOut.add(split.waits);
    return (split?.goes ?? [change]).flatMap((part) => {
      const isExplained = split !== undefined && part.op === 'members' && part.add.length === 0;
      const blocker = leftOut.blockerOf(part);
      const isItsOwn =
        part.op === 'update' && part !== change && blocker !== undefined && keyOf(blocker) === keyOf(part.key);
      const isFree = isExplained || (!held.has(keyOf(part.key)) && (blocker === undefined || isItsOwn));
      if (isFree) return [leftOut.anchored(part)];
      leftOut.add(part);
      return [];
    });
  });
}

function notSynced({ synced }: GuardInput): Violation | undefined {
  if (synced) return undefined;
  return {
    guard: 'not-synced',
    keys: [],
    message:
      'The controller has not read the cluster completely, or cannot read some object; until then nothing is changed. The log of the controller says what is missing.',
  };
}

/** The point that was there first continues; no objects are changed. */
function placeTaken({ observed: { neighbours } }: GuardInput): Violation | undefined {
  if (neighbours?.areFirst !== true) return undefined;
  const names = neighbours.points.map((name) => `EnforcementPoint/${name}`).join(', ');
  return {
    guard: 'place-taken',
    keys: [],
    message:
      `${names} writes here already, and two points in one place would undo each other's rules; nothing is written for this one. ` +
      'Give this point a place of its own in spec.config, or delete it. If the other point no longer exists, remove its objects with `postern withdraw` first.',
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
  return {
    guard: 'any-any',
    keys: [],
    message: `${objectName(rule.origin)} ${rule.origin.field} would let every source reach every destination. Name the destination, or narrow the point's source networks.`,
  };
}

function tooManyRemovals({ plan, observed, desired, ended, limits }: GuardInput): Objection | undefined {
  const present = observed.resources.reduce(
    (sum, resource) => sum + (resource.members?.length ?? 0) + (isRule(resource) ? 1 : 0),
    0,
  );
  const held = excessive(lossesOf(plan.changes, { desired, observed, ended }), present, limits);
  if (held.length === 0) return undefined;
  const count = held.reduce((sum, loss) => sum + loss.count, 0);
  const changes = held.flatMap((loss) => loss.changes);
  const losing = new Set<Change>(changes);
  const byKey = new Map(changes.map((change) => [keyOf(change.key), change]));
  return {
    guard: 'too-many-removals',
    keys: changes.map(({ key }) => key),
    split: (change) => {
      if (losing.has(change)) return splitLoss(change, ended);
      const staying = withMembersThatStay(change, byKey.get(keyOf(change.key)), ended);
      return staying && { waits: undefined, goes: [staying] };
    },
    message:
      `${count} of ${present} addresses and rules would be removed${whose(held)}, and no ended pod explains this; ` +
      `allowed are ${limits.maxRemovals}, and ${limits.maxRemovalsPercent} %. The removals are held. If they are intended, raise spec.guard of the enforcement point for a short time.`,
  };
}

/** What a pod explains goes on. */
function splitLoss<R extends Resource>(change: Change<R>, ended: ReadonlySet<string>): Split<R> {
  return { waits: unexplainedPart(change, ended) ?? change, goes: explainedPart(change, ended) };
}

function unreadablePolicy({ plan, desired, observed }: GuardInput): Objection | undefined {
  const { withheld = [] } = desired;
  if (withheld.length === 0) return undefined;
  const wanted = plan.changes.flatMap(({ after }) => after ?? []);
  const reachOf = reachesIn(desired, [...observed.resources, ...wanted]);
  const unreadable = new UnreadablePolicies({ plan, desired, observed }, reachOf);
  const split: Objection['split'] = (change) => unreadable.split(change);
  const keys = plan.changes.flatMap((change) => split(change)?.waits?.key ?? []);
  if (keys.length === 0) return undefined;
  const policies = unreadablePolicies(withheld);
  const spaces = withheld.map(({ namespace }) => namespace);
  return {
    guard: 'unreadable-policy',
    keys,
    split,
    message:
      `${firstFew(policies, 3)} cannot be read, and was not since the controller began: what it denies is not known. ` +
      `Nothing new is permitted to namespace ${firstFew(spaces, 3)} until it is mended or deleted.`,
  };
}

function changeWindow({ plan, desired, closedUntil }: GuardInput): Objection | undefined {
  if (closedUntil === undefined) return undefined;
  const waits = waitsForWindow(desired);
  const keys = plan.changes.filter(waits).map(({ key }) => key);
  if (keys.length === 0) return undefined;
  return {
    guard: 'change-window',
    keys,
    split: (change) => (waits(change) ? { waits: change, goes: [] } : undefined),
    message: `${counted(keys.length, 'change')} ${keys.length === 1 ? 'waits' : 'wait'} for a change window (${closedUntil}): ${firstFew(keys.map(objectName), 3)}.`,
  };
}

function whose(held: readonly Loss[]): string {
  const known = held
    .map(({ part }) => part)
    .filter((part) => part !== '')
    .sort();
  return known.length === 0 ? '' : ` of ${firstFew(known, 3)}`;
}

function foreignObjects({ observed, plan }: GuardInput): Violation | undefined {
  // The object in the way belongs to the other point, which is reported already.
  if (observed.neighbours?.areFirst === true) return undefined;
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
