import type { Pod } from '../../model/snapshot.ts';
import type { Selection, SelectorIndex } from '../../select/selector-index.ts';
import type { Subject } from '../../select/subject.ts';
import { isPool, keyOfVantage, type Vantage } from '../inputs/vantage.ts';
import { GracePeriods } from './grace-periods.ts';
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
  /** For how long after its deletion was asked for it keeps a pod: 0 not at all, Infinity until the pod is gone. */
  readonly graceSeconds: number;
  users: number;
}

interface SourceSpec extends Pick<GroupSource, 'graceSeconds'> {
  readonly subject: Subject;
  readonly vantage: Vantage;
  readonly inside: readonly string[];
}

/** What left which set. */
export type Dropped = readonly [MemberSet, string];

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
  readonly #gracePeriods = new GracePeriods<GroupSource>();

  constructor(selectors: SelectorIndex, addressesOf: (pod: Pod) => PodAddresses) {
    this.#selectors = selectors;
    this.#addressesOf = addressesOf;
  }

  /**
   * Starts to follow; following the same twice is one source with two users.
   *
   * @param graceSeconds see `GroupSource.graceSeconds`
   * @param inside what is in these networks is left out
   */
  acquire(subject: Subject, vantage: Vantage, graceSeconds: number, inside: readonly string[] = []): GroupSource {
    const key = [keyOfVantage(vantage), String(graceSeconds), subject.key, ...inside].join('\n');
    const source = this.#sources.get(key) ?? this.#create(key, { subject, vantage, graceSeconds, inside });
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
    this.#gracePeriods.forget(source);
    if (gateway) this.#behind.get(gateway)?.delete(source);
    if (gateway) this.release(gateway);
    const others = this.#bySelection.get(selection)?.filter((other) => other !== source) ?? [];
    this.#bySelection.set(selection, others);
    if (others.length > 0) return;
    this.#bySelection.delete(selection);
    this.#selections.delete(selection.subject.key);
    this.#selectors.release(selection);
  }

  /** A pod comes to these selections; one that is being deleted only to the sources that still keep it. */
  join(selections: readonly Selection[], pod: Pod, brings: PodAddresses): void {
    for (const source of this.#of(selections))
      if (this.#gracePeriods.begin(source, pod)) this.#change(source, brings, 1);
  }

  /** A pod goes from these selections; returns what is no longer in which set. */
  leave(selections: readonly Selection[], pod: Pod, brings: PodAddresses): readonly Dropped[] {
    return this.#of(selections).flatMap((source) =>
      this.#gracePeriods.end(source, pod) ? this.#change(source, brings, -1) : [],
    );
  }

  /** A pod that stays in these selections comes to bring more (1) or less (-1). */
  adjust(selections: readonly Selection[], pod: Pod, brings: PodAddresses, sign: 1 | -1): void {
    for (const source of this.#of(selections))
      if (this.#gracePeriods.has(source, pod)) this.#change(source, brings, sign);
  }

  /** Moves the clock, milliseconds since 1970; returns what is no longer in which set. */
  advance(now: number): readonly Dropped[] {
    return this.#gracePeriods
      .advance(now)
      .flatMap(({ source, pod, held }) => this.#change(source, this.#addressesOf(pod), held ? 1 : -1));
  }

  /** Milliseconds since 1970; when next a pod is kept no longer. */
  nextDeadline(): number | undefined {
    return this.#gracePeriods.next();
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

  #of(selections: readonly Selection[]): readonly GroupSource[] {
    return selections.flatMap((selection) => this.#bySelection.get(selection) ?? []);
  }

  #change(source: GroupSource, brings: PodAddresses, sign: 1 | -1): readonly Dropped[] {
    this.#touched.add(source);
    return source.set.change(brings, sign).map((address) => [source.set, address]);
  }

  #create(key: string, { subject, vantage, graceSeconds, inside }: SourceSpec): GroupSource {
    // What leaves through a gateway goes on leaving through the pods of it that drain, as long as they are there.
    const gateway =
      vantage.type === 'EgressGateway' ? this.acquire(vantage.gateway, { type: vantage.seenAs }, Infinity) : undefined;
    const selection = this.#selections.get(subject.key) ?? this.#selectors.select(subject);
    const set = setFor(vantage, gateway, outsideOf(inside));
    const source: GroupSource = { key, selection, set, gateway, graceSeconds, users: 0 };
    for (const pod of selection.pods) if (this.#gracePeriods.begin(source, pod)) set.change(this.#addressesOf(pod), 1);
    set.takeDelta();
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
    case 'EgressIP':
      return new CountedMembers(egressAddressesAt(vantage, outside));
    case 'Static':
      return new SharedMembers(() => outside(vantage.networks));
    case 'EgressGateway':
      return new SharedMembers(() => outside(gateway?.set.members() ?? nobody));
  }
}

/** Those that objects of the cluster give a pod, and those of the pools that this point knows. */
function egressAddressesAt(
  { pools }: Extract<Vantage, { type: 'EgressIP' }>,
  outside: ReturnType<typeof outsideOf>,
): (pod: PodAddresses) => readonly string[] {
  const known = new Set(pools.map(({ key }) => key));
  return ({ egress }) =>
    egress.flatMap(({ key, addresses }) => (known.has(key) || !isPool(key) ? outside(addresses) : nobody));
}
