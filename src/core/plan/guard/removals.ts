import { maxOf } from '../../model/extremes.ts';
import type { DesiredState, Origin } from '../../model/desired.ts';
import type { Change } from '../../model/plan.ts';
import { isRule, keyOf, type Resource } from '../../model/resource.ts';
import { unexplained } from './explained.ts';

/** `spec.guard` of the point. */
export interface RemovalLimits {
  readonly maxRemovals: number;
  readonly maxRemovalsPercent: number;
}

/** What one namespace, or one cluster-wide policy, would lose without an explanation. */
export interface Loss {
  /** `namespace shop`, `ClusterEgressPolicy/base`; empty for what several share, or whose owner is not known. */
  readonly part: string;
  /** Addresses and rules, less those that come back in another group or rule of the same part. */
  readonly count: number;
  /** The changes that take them away. */
  readonly changes: readonly Change[];
}

/** The share of removals counts from this many on: one of three pods leaving is no catastrophe. */
const shareCountsFrom = 10;

/** Is so much less than the limits allow? A share of nothing at all counts from the first removal on. */
export function withinLimits(
  count: number,
  present: number,
  { maxRemovals, maxRemovalsPercent }: RemovalLimits,
): boolean {
  if (count > maxRemovals) return false;
  const from = maxRemovalsPercent === 0 ? 1 : shareCountsFrom;
  return count < from || count * 100 <= maxRemovalsPercent * present;
}

/** The least number of unexplained removals for which it has to be known what else is there. */
export function leastCountedRemovals({ maxRemovals, maxRemovalsPercent }: RemovalLimits): number {
  return maxRemovalsPercent === 0 ? 1 : Math.min(shareCountsFrom, maxRemovals + 1);
}

/**
 * What is too much: each part that exceeds the limits by itself, and everything when what is left exceeds them without
 * its largest part, too, so that no single tenant's deeds hold what another does.
 */
export function excessive(losses: readonly Loss[], present: number, limits: RemovalLimits): readonly Loss[] {
  const fits = (count: number): boolean => withinLimits(count, present, limits);
  const rest = losses.filter(({ count }) => fits(count));
  const sum = rest.reduce((total, { count }) => total + count, 0);
  const largest = Math.max(0, maxOf(rest.map(({ count }) => count)));
  return fits(sum - largest) ? losses.filter(({ count }) => !fits(count)) : losses;
}

interface Known {
  readonly desired: DesiredState;
  readonly observed: { readonly resources: readonly Resource[] };
  readonly ended: ReadonlySet<string>;
}

/** What the changes take away that nothing explains, by whose it is. Parts without a loss are left out. */
export function lossesOf(changes: readonly Change[], known: Known): readonly Loss[] {
  const partOf = partsOf(changes, known);
  const tallies = new Map<string, Tally>();
  for (const change of changes) {
    const part = partOf(change.after ?? change.before ?? change.key);
    const tally = tallies.get(part) ?? new Tally();
    tallies.set(part, tally);
    tally.add(change, known.ended);
  }
  return [...tallies].flatMap(([part, { changes: taken, count }]) =>
    count > 0 ? [{ part, count, changes: taken }] : [],
  );
}

/** The part of a change that nothing explains; undefined: there is none. */
export function unexplainedPart<R extends Resource>(
  change: Change<R>,
  ended: ReadonlySet<string>,
): Change<R> | undefined {
  if (change.op === 'delete') return change;
  if (change.op !== 'members') return undefined;
  const remove = unexplained(change.remove, ended);
  return remove.length === 0 ? undefined : { ...change, remove, add: [] };
}

/**
 * An object whose members are held is put right in what else it is, with the members that it still has. A device forgets by itself what
 * nobody renews, and what is held would be gone all the same.
 *
 * @param held of its members; undefined: something else of it is held
 */
export function withMembersThatStay<R extends Resource>(
  change: Change<R>,
  held: Change | undefined,
  ended: ReadonlySet<string>,
): Change<R> | undefined {
  if (change.op !== 'update' || held?.op !== 'members') return undefined;
  const waits = new Set(unexplained(held.remove, ended));
  const goes = new Set(held.remove.filter((member) => !waits.has(member)));
  const members = change.before.members?.filter((member) => !goes.has(member)) ?? [];
  return { ...change, after: { ...change.after, members } };
}

/** Members and rules that go and come within one part, net. */
class Tally {
  readonly changes: Change[] = [];
  /** By address, apart for accepting and denying groups: how many groups it leaves, less those that it joins. */
  readonly #addresses = new Map<string, number>();
  readonly #groups = new Map<string, { readonly went: number; readonly came: number }>();
  #rules = 0;

  add(change: Change, ended: ReadonlySet<string>): void {
    if (change.op === 'members') {
      const removed = unexplained(change.remove, ended);
      this.#count(change, change.add, -1);
      this.#count(change, removed, 1);
      this.#replace(keyOf(change.key), removed.length, change.add.length);
      if (removed.length > 0) this.changes.push(change);
    } else if (change.op === 'create') this.#object(change, change.after, -1, ended);
    else if (change.op === 'delete') {
      this.#object(change, change.before, 1, ended);
      this.changes.push(change);
    }
  }

  get count(): number {
    const lost = [...this.#addresses.values()].reduce((sum, net) => sum + Math.max(0, net), 0);
    const replaced = [...this.#groups.values()].reduce((sum, { went, came }) => sum + Math.min(went, came), 0);
    return Math.max(0, lost - replaced) + Math.max(0, this.#rules);
  }

  /** As many as come into a group that keeps its selectors take the place of others: a rollout. */
  #replace(group: string, went: number, came: number): void {
    const before = this.#groups.get(group) ?? { went: 0, came: 0 };
    this.#groups.set(group, { went: before.went + went, came: before.came + came });
  }

  #object(change: Change, object: Resource, sign: 1 | -1, ended: ReadonlySet<string>): void {
    if (isRule(object)) this.#rules += sign;
    if (object.effect === 'None') return;
    const members = object.members ?? [];
    this.#count(change, sign === 1 ? members.filter((member) => !ended.has(member)) : members, sign);
  }

  #count({ after, before, phase }: Change, addresses: readonly string[], sign: 1 | -1): void {
    const effect = (after ?? before)?.effect ?? (phase === 'revoke' || phase === 'extend' ? 'Accept' : 'Deny');
    for (const address of addresses) {
      const key = `${effect} ${address}`;
      this.#addresses.set(key, (this.#addresses.get(key) ?? 0) + sign);
    }
  }
}

type Named = Pick<Resource, 'kind' | 'name'> & Partial<Resource>;

/** Says whose an object is, as `Loss.part` names it: of a rule by the policy that it comes from, of a group by the rules that use it. */
export function partsOf(
  changes: readonly Change[],
  { desired, observed }: Omit<Known, 'ended'>,
): (object: Named) => string {
  const origins = new Map(desired.rules.map(({ id, origin }) => [id, partOfOrigin(origin)]));
  const wanted = changes.flatMap(({ after }) => after ?? []);
  const ofRule = ({ desiredId = '', origin = '' }: Named): string => origins.get(desiredId) ?? partOfText(origin);
  const users = new Map<string, Set<string>>();
  const use = (key: string, part: string): void => void users.set(key, (users.get(key) ?? new Set()).add(part));
  for (const rule of [...observed.resources, ...wanted].filter(isRule)) {
    for (const ref of rule.refs) use(keyOf(ref), ofRule(rule));
  }
  for (const { id, sources } of desired.rules) for (const source of sources) use(source, origins.get(id) ?? '');
  return (object) => {
    if (isRule(object as Resource)) return ofRule(object);
    const parts = new Set([...(users.get(keyOf(object)) ?? []), ...(users.get(object.desiredId ?? '') ?? [])]);
    const [only = ''] = parts;
    return parts.size === 1 ? only : '';
  };
}

/** Empty where a part is more than one namespace, or it is not known. */
export function namespaceOf(part: string): string {
  return part.startsWith(ofNamespace) ? part.slice(ofNamespace.length) : '';
}

const ofNamespace = 'namespace ';

function partOfOrigin({ kind, namespace, name }: Pick<Origin, 'kind' | 'namespace' | 'name'>): string {
  return namespace === '' ? `${kind}/${name}` : `${ofNamespace}${namespace}`;
}

/** @param origin `EgressPolicy/shop/web`, `ClusterEgressPolicy/base`, or empty */
function partOfText(origin: string): string {
  const [kind = '', first = '', second] = origin.split('/');
  if (kind === '') return '';
  return second === undefined ? `${kind}/${first}` : `${ofNamespace}${first}`;
}
