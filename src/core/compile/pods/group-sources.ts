import type { Pod } from '../../model/snapshot.ts';
import type { Selection, SelectorIndex } from '../../select/selector-index.ts';
import type { Subject } from '../../select/subject.ts';
import { keyOfVantage, type Vantage } from '../inputs/vantage.ts';
import {
  CountedMembers,
  outsideOf,
  SharedMembers,
  type Delta,
  type MemberSet,
  type PodAddresses,
} from './member-set.ts';

/** A subject seen from a vantage, followed for as long as an address group needs it. */
export interface GroupSource {
  readonly key: string;
  readonly selection: Selection;
  readonly set: MemberSet;
  /** The gateway's own addresses, where the set stands behind a gateway. */
  readonly gateway: GroupSource | undefined;
  users: number;
}

/** The source addresses of every subject that an address group is for. */
export class GroupSources {
  readonly #selectors: SelectorIndex;
  readonly #addressesOf: (pod: Pod) => PodAddresses;
  readonly #sources = new Map<string, GroupSource>();
  readonly #selections = new Map<string, Selection>();
  readonly #bySelection = new Map<Selection, readonly GroupSource[]>();
  /** What stands behind a gateway, by the source of the gateway's own addresses. */
  readonly #behind = new Map<GroupSource, Set<GroupSource>>();
  readonly #touched = new Set<GroupSource>();

  constructor(selectors: SelectorIndex, addressesOf: (pod: Pod) => PodAddresses) {
    this.#selectors = selectors;
    this.#addressesOf = addressesOf;
  }

  /**
   * Starts to follow; following the same twice is one source with two users.
   *
   * @param inside what is in these networks is left out
   */
  acquire(subject: Subject, vantage: Vantage, inside: readonly string[] = []): GroupSource {
    const key = [keyOfVantage(vantage), subject.key, ...inside].join('\n');
    const source = this.#sources.get(key) ?? this.#create(key, subject, vantage, inside);
    source.users += 1;
    return source;
  }

  release(source: GroupSource): void {
    source.users -= 1;
    if (source.users > 0) return;
    const { key, selection, gateway } = source;
    this.#sources.delete(key);
    this.#touched.delete(source);
    this.#behind.delete(source);
    if (gateway) this.#behind.get(gateway)?.delete(source);
    if (gateway) this.release(gateway);
    const others = this.#bySelection.get(selection)?.filter((other) => other !== source) ?? [];
    this.#bySelection.set(selection, others);
    if (others.length > 0) return;
    this.#bySelection.delete(selection);
    this.#selections.delete(selection.subject.key);
    this.#selectors.release(selection);
  }

  /** A pod comes to (1) or goes from (-1) these selections; returns what is no longer in which set. */
  change(selections: readonly Selection[], pod: PodAddresses, sign: 1 | -1): (readonly [MemberSet, string])[] {
    const dropped: (readonly [MemberSet, string])[] = [];
    for (const selection of selections) {
      for (const source of this.#bySelection.get(selection) ?? []) {
        this.#touched.add(source);
        for (const address of source.set.change(pod, sign)) dropped.push([source.set, address]);
      }
    }
    return dropped;
  }

  /** What has changed since this was last asked. */
  takeDeltas(): ReadonlyMap<GroupSource, Delta> {
    const deltas = new Map<GroupSource, Delta>();
    const take = (source: GroupSource): void => {
      const delta = source.set.takeDelta();
      if (!delta) return;
      deltas.set(source, delta);
      for (const dependent of this.#behind.get(source) ?? []) this.#touched.add(dependent);
    };
    // Gateways first: what stands behind them reads their members.
    for (const source of this.#touched) if (!source.gateway) take(source);
    for (const source of this.#touched) if (source.gateway) take(source);
    this.#touched.clear();
    return deltas;
  }

  #create(key: string, subject: Subject, vantage: Vantage, inside: readonly string[]): GroupSource {
    const gateway =
      vantage.type === 'EgressGateway' ? this.acquire(vantage.gateway, { type: vantage.seenAs }) : undefined;
    const selection = this.#selections.get(subject.key) ?? this.#selectors.select(subject);
    const set = setFor(vantage, gateway, outsideOf(inside));
    for (const pod of selection.pods) set.change(this.#addressesOf(pod), 1);
    set.takeDelta();
    const source: GroupSource = { key, selection, set, gateway, users: 0 };
    if (gateway) this.#behind.set(gateway, (this.#behind.get(gateway) ?? new Set()).add(source));
    this.#sources.set(key, source);
    this.#selections.set(subject.key, selection);
    this.#bySelection.set(selection, [...(this.#bySelection.get(selection) ?? []), source]);
    return source;
  }
}

const nobody: readonly string[] = [];

function setFor(vantage: Vantage, gateway: GroupSource | undefined, outside: ReturnType<typeof outsideOf>): MemberSet {
  switch (vantage.type) {
    case 'Pod':
      return new CountedMembers(({ own }) => outside(own));
    case 'Node':
      return new CountedMembers(({ node }) => outside(node));
    case 'Identity':
      return new CountedMembers(({ identity }) => identity);
    case 'Labels':
      return new CountedMembers(() => nobody);
    case 'Static':
      return new SharedMembers(() => outside(vantage.networks));
    case 'EgressGateway':
      return new SharedMembers(() => outside(gateway?.set.members() ?? nobody));
  }
}
