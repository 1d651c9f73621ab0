import type { Pod } from '../model/snapshot.ts';
import type { Membership, Selection } from '../select/membership.ts';
import type { Subject } from '../select/subject.ts';
import { CountedSet, GatedSet, outsideOf, type Delta, type Presence, type SourceSet } from './sources.ts';
import { keyOfVantage, type Vantage } from './vantage.ts';

/** A subject seen from a vantage, followed for as long as somebody needs it. */
export interface Watch {
  readonly key: string;
  readonly selection: Selection;
  readonly set: SourceSet;
  /** The gateway's own addresses, where the set stands behind a gateway. */
  readonly base: Watch | undefined;
  users: number;
}

/** The source addresses of every subject that somebody follows. */
export class Watches {
  readonly #membership: Membership;
  readonly #presenceOf: (pod: Pod) => Presence;
  readonly #watches = new Map<string, Watch>();
  readonly #selections = new Map<string, Selection>();
  readonly #bySelection = new Map<Selection, readonly Watch[]>();
  /** What stands behind a gateway, by the watch of the gateway's own addresses. */
  readonly #behind = new Map<Watch, Set<Watch>>();
  readonly #touched = new Set<Watch>();

  constructor(membership: Membership, presenceOf: (pod: Pod) => Presence) {
    this.#membership = membership;
    this.#presenceOf = presenceOf;
  }

  /**
   * Starts to follow; following the same twice is one watch with two users.
   *
   * @param inside what is in these networks is left out
   */
  acquire(subject: Subject, vantage: Vantage, inside: readonly string[] = []): Watch {
    const key = [keyOfVantage(vantage), subject.key, ...inside].join('\n');
    const watch = this.#watches.get(key) ?? this.#create(key, subject, vantage, inside);
    watch.users += 1;
    return watch;
  }

  release(watch: Watch): void {
    watch.users -= 1;
    if (watch.users > 0) return;
    const { key, selection, base } = watch;
    this.#watches.delete(key);
    this.#touched.delete(watch);
    this.#behind.delete(watch);
    if (base) this.#behind.get(base)?.delete(watch);
    if (base) this.release(base);
    const others = this.#bySelection.get(selection)?.filter((other) => other !== watch) ?? [];
    this.#bySelection.set(selection, others);
    if (others.length > 0) return;
    this.#bySelection.delete(selection);
    this.#selections.delete(selection.subject.key);
    this.#membership.release(selection);
  }

  /** A pod comes to (1) or goes from (-1) these selections; returns what is no longer in which set. */
  change(selections: readonly Selection[], presence: Presence, sign: 1 | -1): (readonly [SourceSet, string])[] {
    const dropped: (readonly [SourceSet, string])[] = [];
    for (const selection of selections) {
      for (const watch of this.#bySelection.get(selection) ?? []) {
        this.#touched.add(watch);
        for (const address of watch.set.change(presence, sign)) dropped.push([watch.set, address]);
      }
    }
    return dropped;
  }

  /** What has changed since this was last asked. */
  takeDeltas(): ReadonlyMap<Watch, Delta> {
    const deltas = new Map<Watch, Delta>();
    const take = (watch: Watch): void => {
      const delta = watch.set.takeDelta();
      if (!delta) return;
      deltas.set(watch, delta);
      for (const dependent of this.#behind.get(watch) ?? []) this.#touched.add(dependent);
    };
    // Gateways first: what stands behind them reads their members.
    for (const watch of this.#touched) if (!watch.base) take(watch);
    for (const watch of this.#touched) if (watch.base) take(watch);
    this.#touched.clear();
    return deltas;
  }

  #create(key: string, subject: Subject, vantage: Vantage, inside: readonly string[]): Watch {
    const base = vantage.type === 'EgressGateway' ? this.acquire(vantage.gateway, { type: vantage.seenAs }) : undefined;
    const selection = this.#selections.get(subject.key) ?? this.#membership.select(subject);
    const set = setFor(vantage, base, outsideOf(inside));
    for (const pod of selection.pods) set.change(this.#presenceOf(pod), 1);
    set.takeDelta();
    const watch: Watch = { key, selection, set, base, users: 0 };
    if (base) this.#behind.set(base, (this.#behind.get(base) ?? new Set()).add(watch));
    this.#watches.set(key, watch);
    this.#selections.set(subject.key, selection);
    this.#bySelection.set(selection, [...(this.#bySelection.get(selection) ?? []), watch]);
    return watch;
  }
}

const nobody: readonly string[] = [];
const ownAddresses = ({ own }: Presence): readonly string[] => own;
const nodeAddresses = ({ node }: Presence): readonly string[] => node;
const identities = ({ identity }: Presence): readonly string[] => identity;

function setFor(vantage: Vantage, base: Watch | undefined, outside: ReturnType<typeof outsideOf>): SourceSet {
  switch (vantage.type) {
    case 'Pod':
      return new CountedSet((presence) => outside(ownAddresses(presence)));
    case 'Node':
      return new CountedSet((presence) => outside(nodeAddresses(presence)));
    case 'Identity':
      return new CountedSet(identities);
    case 'Labels':
      return new CountedSet(() => []);
    case 'Static':
      return new GatedSet(() => outside(vantage.networks));
    case 'EgressGateway':
      return new GatedSet(() => outside(base?.set.members() ?? nobody));
  }
}
