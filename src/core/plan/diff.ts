import { sameJson } from '../model/json.ts';
import { phases, type Change, type Plan } from '../model/plan.ts';
import { compareText } from '../../api/problem.ts';
import { isRule, keyOf, type Resource, type ResourceKey } from '../model/resource.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { ByKey } from './by-key.ts';
import { arrangeTable } from './order.ts';

/**
 * What has to happen on the device so that `observed` becomes `lowered`:
 *
 *   observed   lowered    change                      phase
 *   -          object     create                      grow
 *   -          rule       create, in its place        Deny: grow    Accept: wire
 *   object     -          delete                      Accept rule: revoke    everything else: shrink
 *   spec A     spec B     update                      rule: wire    everything else: grow
 *   members    fewer      members (remove)            Accept: revoke    Deny and None: shrink
 *   members    more       members (add)               Accept: extend    Deny and None: grow
 *   order      order      move                        Deny upwards: grow    else: wire
 *
 * Linear in its input but for reordering. Both arguments have at most one object per key.
 */
export function diff<R extends Resource>(lowered: readonly R[], observed: readonly R[]): Plan<R> {
  return atOnce(diffing(lowered, observed));
}

/** The same, for who must not be kept for long by a device with many objects. */
export function* diffing<R extends Resource>(lowered: readonly R[], observed: readonly R[]): Steps<Plan<R>> {
  const [before, after] = [new ByKey(observed), new ByKey(lowered)];
  const changes: Change<R>[] = [];
  for (const [at, resource] of lowered.entries()) {
    for (const change of contentChanges(before.get(resource), resource)) changes.push(change);
    if (at % perStep === 0) yield;
  }
  for (const resource of observed) if (after.get(resource) === undefined) changes.push(deletion(resource));
  yield;
  for (const change of orderChanges(lowered, observed, after)) changes.push(change);
  yield;
  const depth = yield* depths(changes, (key) => before.get(key) ?? after.get(key));
  return { changes: inOrder(changes, depth) };
}

/** Objects that are looked at in well under a millisecond each. */
const perStep = 50;

function isPlaced(resource: Resource): boolean {
  return resource.position !== undefined;
}

function contentChanges<R extends Resource>(before: R | undefined, after: R): Change<R>[] {
  const key = { kind: after.kind, name: after.name };
  if (before === undefined) {
    const phase = isRule(after) && after.effect === 'Accept' ? 'wire' : 'grow';
    return isPlaced(after) ? [] : [{ op: 'create', phase, key, after }];
  }
  const changes = memberChanges(before, after);
  if (!sameJson(before.spec, after.spec)) {
    changes.push({ op: 'update', phase: isRule(after) ? 'wire' : 'grow', key, before, after });
  }
  return changes;
}

function memberChanges<R extends Resource>(before: R, after: R): Change<R>[] {
  if (isSameList(before.members ?? [], after.members ?? [])) return [];
  const had = new Set(before.members);
  const wanted = new Set(after.members);
  const add = [...wanted].filter((member) => !had.has(member));
  const remove = [...had].filter((member) => !wanted.has(member));
  return membersChange({
    key: { kind: after.kind, name: after.name },
    effect: after.effect,
    add,
    remove,
    before,
    after,
  });
}

/** Nearly all are, and comparing two lists costs much less than making sets of them. */
function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((member, at) => member === b[at]));
}

interface MemberDelta<R extends Resource> {
  readonly key: Change<R>['key'];
  readonly effect: Resource['effect'];
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly before?: R;
  readonly after?: R;
}

/** A membership delta as changes in the phases that its effect demands. */
export function membersChange<R extends Resource>(delta: MemberDelta<R>): Change<R>[] {
  const { key, effect, add, remove, before, after } = delta;
  const seen = { ...(before && { before }), ...(after && { after }) };
  const changes: Change<R>[] = [];
  if (remove.length > 0) {
    changes.push({ op: 'members', phase: effect === 'Accept' ? 'revoke' : 'shrink', key, add: [], remove, ...seen });
  }
  if (add.length > 0) {
    changes.push({ op: 'members', phase: effect === 'Accept' ? 'extend' : 'grow', key, add, remove: [], ...seen });
  }
  return changes;
}

function deletion<R extends Resource>(before: R): Change<R> {
  const revokes = isRule(before) && before.effect === 'Accept';
  return { op: 'delete', phase: revokes ? 'revoke' : 'shrink', key: { kind: before.kind, name: before.name }, before };
}

function orderChanges<R extends Resource>(lowered: readonly R[], observed: readonly R[], after: ByKey<R>): Change<R>[] {
  const tables = new Set(lowered.filter(isPlaced).map((rule) => rule.kind));
  const byPosition = (a: R, b: R): number => (a.position ?? 0) - (b.position ?? 0);
  return [...tables].flatMap((kind) => {
    const inTable = (rule: R): boolean => rule.kind === kind && isPlaced(rule);
    const stays = (rule: R): boolean => rule.effect !== 'Accept' || after.get(rule) !== undefined;
    const current = observed.filter((rule) => inTable(rule) && stays(rule)).sort(byPosition);
    const { raised, arranged } = arrangeTable(current, lowered.filter(inTable).sort(byPosition));
    return [...raised, ...arranged];
  });
}

/** Phase by phase; within a phase what leads, then what is needed first, and placements keep the sequence they were computed in. */
function inOrder<R extends Resource>(changes: readonly Change<R>[], depth: ReadonlyMap<string, number>): Change<R>[] {
  return changes
    .map((change, index) => {
      const key = keyOf(change.key);
      const deep = depth.get(key) ?? 0;
      const late = (change.after ?? change.before)?.leads === true ? 0 : 1;
      const rank = (phases.indexOf(change.phase) * 2 + late) * 3 + step(change);
      const isPlaced = isPlacing(change);
      return { change, index, key, rank, within: change.op === 'delete' ? -deep : isPlaced ? 0 : deep, isPlaced };
    })
    .sort((a, b) => {
      const difference = a.rank - b.rank || a.within - b.within;
      if (difference !== 0) return difference;
      return (a.isPlaced && b.isPlaced ? 0 : compareText(a.key, b.key)) || a.index - b.index;
    })
    .map(({ change }) => change);
}

function isPlacing(change: Change): boolean {
  return change.op === 'move' || (change.op === 'create' && change.place !== undefined);
}

/** Steps within a phase: members leave before rules go, content is right before anything is moved, rules go before what they use. */
function step(change: Change): number {
  if (isPlacing(change)) return 2;
  const { phase, op } = change;
  if (phase === 'revoke') return op === 'members' ? 0 : 1;
  if (phase === 'grow') return op === 'members' ? 1 : 0;
  if (phase !== 'shrink') return 0;
  return change.op === 'delete' && !isRule(change.before) ? 2 : op === 'members' ? 1 : 0;
}

/** How far each changed object is from one that needs nothing else. A cycle of references counts as one step. */
function* depths(
  changes: readonly Change[],
  find: (key: ResourceKey) => Resource | undefined,
): Steps<ReadonlyMap<string, number>> {
  const result = new Map<string, number>();
  const visit = (resource: ResourceKey): number => {
    const key = keyOf(resource);
    const found = result.get(key);
    if (found !== undefined) return found;
    result.set(key, 0);
    let depth = 0;
    for (const ref of find(resource)?.refs ?? []) depth = Math.max(depth, 1 + visit(ref));
    result.set(key, depth);
    return depth;
  };
  for (const [at, { key }] of changes.entries()) {
    visit(key);
    if (at % perStep === 0) yield;
  }
  return result;
}
