import type { Pod } from '../model/snapshot.ts';
import type { Membership, Selection } from '../select/membership.ts';
import type { Subject } from '../select/subject.ts';
import { CountedSet, GatedSet, type Delta, type Presence, type SourceSet } from './sources.ts';
import { keyOfVantage, type Vantage } from './vantage.ts';

/** A subject seen from a vantage, followed for as long as somebody needs it. */
export interface Watch {
  readonly key: string;
  readonly selection: Selection;
  readonly set: SourceSet;
  /** The gateway's own addresses, where the set stands behind a gateway. */
  readonly base: Watch | undefined;
  readonly dependents: Set<Watch>;
  users: number;
}

/** The source addresses of every subject that somebody follows. */
export class Watches {
  readonly #membership: Membership;
  readonly #presenceOf: (pod: Pod) => Presence;
  readonly #watches = new Map<string, Watch>();
  readonly #selections = new Map<string, Selection>();
  readonly #bySelection = new Map<Selection, Set<Watch>>();
  readonly #touched = new Set<Watch>();

  constructor(membership: Membership, presenceOf: (pod: Pod) => Presence) {
    this.#membership = membership;
    this.#presenceOf = presenceOf;
  }

  /** Starts to follow; following the same twice is one watch with two users. */
  acquire(subject: Subject, vantage: Vantage): Watch {
    const key = `${keyOfVantage(vantage)}\n${subject.key}`;
    const watch = this.#watches.get(key) ?? this.#create(key, subject, vantage);
    watch.users += 1;
    return watch;
  }

  release(watch: Watch): void {
    watch.users -= 1;
    if (watch.users > 0) return;
    const { key, selection, base } = watch;
    this.#watches.delete(key);
    this.#touched.delete(watch);
    base?.dependents.delete(watch);
    if (base) this.release(base);
    const watches = this.#bySelection.get(selection);
    watches?.delete(watch);
    if (watches && watches.size > 0) return;
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
      for (const dependent of watch.dependents) this.#touched.add(dependent);
    };
    // Gateways first: what stands behind them reads their members.
    for (const watch of this.#touched) if (!watch.base) take(watch);
    for (const watch of this.#touched) if (watch.base) take(watch);
    this.#touched.clear();
    return deltas;
  }

  #create(key: string, subject: Subject, vantage: Vantage): Watch {
    const base = vantage.type === 'EgressGateway' ? this.acquire(vantage.gateway, { type: 'Pod' }) : undefined;
    const selection = this.#selections.get(subject.key) ?? this.#membership.select(subject);
    const set = setFor(vantage, base);
    for (const pod of selection.pods) set.change(this.#presenceOf(pod), 1);
    set.takeDelta();
    const watch: Watch = { key, selection, set, base, dependents: new Set(), users: 0 };
    base?.dependents.add(watch);
    this.#watches.set(key, watch);
    this.#selections.set(subject.key, selection);
    this.#bySelection.set(selection, (this.#bySelection.get(selection) ?? new Set()).add(watch));
    return watch;
  }
}

function setFor(vantage: Vantage, base: Watch | undefined): SourceSet {
  switch (vantage.type) {
    case 'Pod':
      return new CountedSet(({ own }) => own);
    case 'Node':
      return new CountedSet(({ node }) => node);
    case 'Static':
      return new GatedSet(() => vantage.networks);
    case 'EgressGateway':
      return new GatedSet(() => base?.set.members() ?? []);
  }
}
