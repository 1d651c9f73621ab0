import type { DesiredState, WithheldNamespace } from '../../model/desired.ts';
import type { Change, Place } from '../../model/plan.ts';
import { isRule, keyOf, type Resource, type ResourceKey } from '../../model/resource.ts';
import type { FindReach } from './reach.ts';
import { partsOf } from './removals.ts';
import { widens } from './skipped-changes.ts';

/** What of a change has to wait, and what may go on. */
export interface Split<R extends Resource> {
  /** Undefined: all of it goes on, in another place. */
  readonly waits: Change<R> | undefined;
  readonly goes: readonly Change<R>[];
}

interface Own {
  readonly name: string;
  readonly position: number;
}

interface Known {
  readonly plan: { readonly changes: readonly Change[] };
  readonly desired: DesiredState;
  readonly observed: { readonly resources: readonly Resource[] };
}

/**
 * Which changes have to wait while policies cannot be read of which no earlier form is known. What they denied is on the
 * device alone, so that this stays and nothing is permitted to their namespaces that was not:
 *
 *   of the namespace itself        what permits more, and the end of rules that may be those policies' own
 *   of what others share with it   its own addresses, on their way into accepting groups; rules that would begin to
 *                                  permit it something, unless they stand in tier Admin, before all that it could deny,
 *                                  or can be put behind the rules that it has on the device
 *   of nobody that is known        what permits it more, and the end of what only it uses
 */
export class UnreadablePolicies {
  readonly #reachOf: FindReach;
  readonly #partOf: (object: ResourceKey & Partial<Resource>) => string;
  /** By the name of their part. */
  readonly #namespaces: ReadonlyMap<string, WithheldNamespace>;
  readonly #members: ReadonlySet<string>;
  readonly #observed: ReadonlyMap<string, Resource>;
  readonly #places: ReadonlyMap<string, Place>;
  /** By table. */
  readonly #last = new Map<string, Own | undefined>();
  readonly #adminRules: ReadonlySet<string>;
  /** Groups that only Admin rules name. */
  readonly #adminGroups: ReadonlySet<string>;

  constructor(known: Known, reachOf: FindReach) {
    const { withheld = [], rules } = known.desired;
    this.#reachOf = reachOf;
    this.#partOf = partsOf(known.plan.changes, known);
    this.#namespaces = new Map(withheld.map((each) => [`namespace ${each.namespace}`, each]));
    this.#observed = new Map(known.observed.resources.map((resource) => [keyOf(resource), resource]));
    this.#places = new Map(
      known.plan.changes.flatMap((change) => ('place' in change ? [[keyOf(change.key), change.place]] : [])),
    );
    this.#members = new Set(withheld.flatMap(({ members }) => members));
    const [admin, others] = [true, false].map((is) => rules.filter(({ origin }) => (origin.tier === 'Admin') === is));
    const shared = new Set(others?.flatMap(({ sources }) => sources));
    this.#adminRules = new Set(admin?.map(({ id }) => id));
    this.#adminGroups = new Set(admin?.flatMap(({ sources }) => sources.filter((id) => !shared.has(id))));
  }

  /** Undefined: all of the change may go on. */
  split<R extends Resource>(change: Change<R>): Split<R> | undefined {
    const part = this.#partOf(change.after ?? change.before ?? change.key);
    const own = this.#namespaces.get(part);
    if (own !== undefined) return widens(change) || mayBeTheirs(change, own) ? whole(change) : undefined;
    if (change.op === 'members') return this.#splitMembers(change);
    return this.#waits(change, part) ? this.#behindOwn(change) : undefined;
  }

  #splitMembers<R extends Resource>(change: Extract<Change<R>, { op: 'members' }>): Split<R> | undefined {
    if (change.phase !== 'extend' || this.#adminGroups.has(change.after?.desiredId ?? '')) return undefined;
    const waits = change.add.filter((each) => this.#members.has(each));
    if (waits.length === 0) return undefined;
    const goes = change.add.filter((each) => !this.#members.has(each));
    return { waits: { ...change, add: waits, remove: [] }, goes: goes.length > 0 ? [{ ...change, add: goes }] : [] };
  }

  /** Whatever the namespace has on the device decides first, if the new rule stands behind it. */
  #behindOwn<R extends Resource>(change: Change<R>): Split<R> | undefined {
    const rule = change.after ?? change.before;
    if (rule?.position === undefined || change.phase !== 'wire') return whole(change);
    const last = this.#lastOwn(change.key.kind);
    if (last === undefined) return undefined;
    if (this.#positionOf(change.key) >= last.position) return undefined;
    return 'place' in change ? { waits: undefined, goes: [{ ...change, place: { after: last.name } }] } : whole(change);
  }

  /** Where a rule stands once all are in their places: where the one before it does, or where it was seen. */
  #positionOf(key: ResourceKey): number {
    for (let text = keyOf(key), steps = this.#places.size; ; steps -= 1) {
      const place = steps < 0 ? undefined : this.#places.get(text);
      if (place === undefined) return this.#observed.get(text)?.position ?? -1;
      if (place.after === null) return -1;
      text = keyOf({ kind: key.kind, name: place.after });
    }
  }

  /** The last rule in a table that is of one of these namespaces. */
  #lastOwn(kind: string): Own | undefined {
    if (!this.#last.has(kind)) {
      const own = [...this.#observed.values()].flatMap((rule): Own[] => {
        const { position, name } = rule;
        const isOwn = rule.kind === kind && position !== undefined && this.#namespaces.has(this.#partOf(rule));
        return isOwn ? [{ name, position }] : [];
      });
      this.#last.set(kind, own.sort((a, b) => a.position - b.position).at(-1));
    }
    return this.#last.get(kind);
  }

  #waits(change: Change, part: string): boolean {
    if (part === '' && change.phase === 'revoke') return this.#isAllThat(change);
    if (!widens(change) || (part !== '' && change.phase === 'shrink')) return false;
    return !this.#adminRules.has(change.after?.desiredId ?? '') && this.#isSomeOfThat(change);
  }

  #isAllThat(change: Change): boolean {
    const { sources = [] } = this.#reachOf(change);
    return sources.length > 0 && sources.every((source) => this.#members.has(source));
  }

  #isSomeOfThat(change: Change): boolean {
    const { sources } = this.#reachOf(change);
    return sources === undefined || sources.some((source) => this.#members.has(source));
  }
}

/** `EgressPolicy/shop/web`, of all namespaces. */
export function unreadablePolicies(withheld: readonly WithheldNamespace[]): readonly string[] {
  return withheld.flatMap(({ namespace, policies }) => policies.map((name) => `EgressPolicy/${namespace}/${name}`));
}

function whole<R extends Resource>(change: Change<R>): Split<R> {
  return { waits: change, goes: [] };
}

/** The end of a rule of one of these policies, or of a rule that does not say whose it is. */
function mayBeTheirs({ op, before }: Change, own: WithheldNamespace): boolean {
  if (op !== 'delete' || !isRule(before)) return false;
  const [kind = '', , name = ''] = (before.origin ?? '').split('/');
  return kind !== 'EgressPolicy' || own.policies.includes(name);
}
