import type { Pod } from '../../model/snapshot.ts';
import type { SelectorIndex, Selection } from '../../select/selector-index.ts';
import type { Subject } from '../../select/subject.ts';
import {
  CountedMembers,
  SharedMembers,
  outsideOf,
  type Delta,
  type PodAddresses,
  type MemberSet,
} from './member-set.ts';
import { keyOfVantage, type Vantage } from '../inputs/vantage.ts';

/** A subject seen from a vantage, followed for as long as somebody needs it. */
export interface GroupSource {
  readonly key: string;
  readonly selection: Selection;
  readonly set: MemberSet;
  /** The gateway's own addresses, where the set stands behind a gateway. */
  readonly base: GroupSource | undefined;
  users: number;
}

/** The source addresses of every subject that somebody follows. */
export class GroupSources {
  readonly #membership: SelectorIndex;
  readonly #presenceOf: (pod: Pod) => PodAddresses;
  readonly #watches = new Map<string, GroupSource>();
  readonly #selections = new Map<string, Selection>();
  readonly #bySelection = new Map<Selection, readonly GroupSource[]>();
  /** What stands behind a gateway, by the watch of the gateway's own addresses. */
  readonly #behind = new Map<GroupSource, Set<GroupSource>>();
  readonly #touched = new Set<GroupSource>();

  constructor(membership: SelectorIndex, presenceOf: (pod: Pod) => PodAddresses) {
    this.#membership = membership;
    this.#presenceOf = presenceOf;
  }

  /**
   * Starts to follow; following the same twice is one watch with two users.
   *
   * @param inside what is in these networks is left out
   */
  acquire(subject: Subject, vantage: Vantage, inside: readonly string[] = []): GroupSource {
    const key = [keyOfVantage(vantage), subject.key, ...inside].join('\n');
    const watch = this.#watches.get(key) ?? this.#create(key, subject, vantage, inside);
    watch.users += 1;
    return watch;
  }

  release(watch: GroupSource): void {
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
  change(selections: readonly Selection[], presence: PodAddresses, sign: 1 | -1): (readonly [MemberSet, string])[] {
    const dropped: (readonly [MemberSet, string])[] = [];
    for (const selection of selections) {
      for (const watch of this.#bySelection.get(selection) ?? []) {
        this.#touched.add(watch);
        for (const address of watch.set.change(presence, sign)) dropped.push([watch.set, address]);
      }
    }
    return dropped;
  }

  /** What has changed since this was last asked. */
  takeDeltas(): ReadonlyMap<GroupSource, Delta> {
    const deltas = new Map<GroupSource, Delta>();
    const take = (watch: GroupSource): void => {
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

  #create(key: string, subject: Subject, vantage: Vantage, inside: readonly string[]): GroupSource {
    const base = vantage.type === 'EgressGateway' ? this.acquire(vantage.gateway, { type: vantage.seenAs }) : undefined;
    const selection = this.#selections.get(subject.key) ?? this.#membership.select(subject);
    const set = setFor(vantage, base, outsideOf(inside));
    for (const pod of selection.pods) set.change(this.#presenceOf(pod), 1);
    set.takeDelta();
    const watch: GroupSource = { key, selection, set, base, users: 0 };
    if (base) this.#behind.set(base, (this.#behind.get(base) ?? new Set()).add(watch));
    this.#watches.set(key, watch);
    this.#selections.set(subject.key, selection);
    this.#bySelection.set(selection, [...(this.#bySelection.get(selection) ?? []), watch]);
    return watch;
  }
}

const nobody: readonly string[] = [];
const ownAddresses = ({ own }: PodAddresses): readonly string[] => own;
const nodeAddresses = ({ node }: PodAddresses): readonly string[] => node;
const identities = ({ identity }: PodAddresses): readonly string[] => identity;

function setFor(vantage: Vantage, base: GroupSource | undefined, outside: ReturnType<typeof outsideOf>): MemberSet {
  switch (vantage.type) {
    case 'Pod':
      return new CountedMembers((presence) => outside(ownAddresses(presence)));
    case 'Node':
      return new CountedMembers((presence) => outside(nodeAddresses(presence)));
    case 'Identity':
      return new CountedMembers(identities);
    case 'Labels':
      return new CountedMembers(() => []);
    case 'Static':
      return new SharedMembers(() => outside(vantage.networks));
    case 'EgressGateway':
      return new SharedMembers(() => outside(base?.set.members() ?? nobody));
  }
}
