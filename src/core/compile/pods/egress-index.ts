import { faultOfSelector, requirementsOf } from '../../select/requirements.ts';
import type { MembershipChange, Selection, SelectorIndex } from '../../select/selector-index.ts';
import { subjectOf } from '../../select/subject.ts';
import type { EgressSource, EgressSubject, Pod } from '../../model/snapshot.ts';

/** What gives a pod addresses on its way out of the cluster. */
export interface EgressGrant {
  /** Equal for equal pools of points; an object's own otherwise. */
  readonly key: string;
  readonly addresses: readonly string[];
}

/** A pod that such an object takes, or took. */
export interface EgressChange {
  readonly pod: Pod;
  readonly grant: EgressGrant;
  readonly sign: 1 | -1;
}

interface Followed {
  readonly grant: EgressGrant;
  readonly selections: readonly Selection[];
  users: number;
}

/** Who leaves under which addresses, by objects of the network plugin and by pools of points. */
export class EgressIndex {
  readonly #selectors: SelectorIndex;
  readonly #followed = new Map<string, Followed>();
  readonly #bySelection = new Map<Selection, EgressGrant>();
  /** Of pods that have some: most clusters have none at all. */
  readonly #ofPod = new Map<Pod, readonly EgressGrant[]>();

  constructor(selectors: SelectorIndex) {
    this.#selectors = selectors;
  }

  of(pod: Pod): readonly EgressGrant[] {
    return this.#ofPod.get(pod) ?? none;
  }

  /** Follows an object or a pool; the same once more is one with two users. */
  acquire(key: string, { takes, addresses }: Pick<EgressSource, 'takes' | 'addresses'>): readonly EgressChange[] {
    const known = this.#followed.get(key);
    if (known) {
      known.users += 1;
      return [];
    }
    const grant = { key, addresses };
    const selections = takes.flatMap((one) => this.#select(one));
    this.#followed.set(key, { grant, selections, users: 1 });
    for (const selection of selections) this.#bySelection.set(selection, grant);
    return this.#note(selections.flatMap(({ pods }) => [...pods].map((pod) => ({ pod, grant, sign: 1 }) as const)));
  }

  release(key: string): readonly EgressChange[] {
    const known = this.#followed.get(key);
    if (!known) return [];
    known.users -= 1;
    if (known.users > 0) return [];
    const { grant, selections } = known;
    this.#followed.delete(key);
    const changes = selections.flatMap(({ pods }) => [...pods].map((pod) => ({ pod, grant, sign: -1 }) as const));
    for (const selection of selections) {
      this.#bySelection.delete(selection);
      this.#selectors.release(selection);
    }
    return this.#note(changes);
  }

  /** A pod that came into these selections. */
  join(pod: Pod, selections: readonly Selection[]): void {
    const grants = selections.flatMap((selection) => this.#bySelection.get(selection) ?? []);
    if (grants.length > 0) this.#ofPod.set(pod, grants);
  }

  leave(pod: Pod): void {
    this.#ofPod.delete(pod);
  }

  /** Pods that moved for a namespace. */
  move(moves: readonly MembershipChange[]): readonly EgressChange[] {
    return this.#note(
      moves.flatMap(({ selection, pod, joined }): EgressChange[] => {
        const grant = this.#bySelection.get(selection);
        return grant ? [{ pod, grant, sign: joined ? 1 : -1 }] : [];
      }),
    );
  }

  /** Who leaves under one of these. */
  *podsUnder(addresses: ReadonlySet<string>): Iterable<Pod> {
    for (const { grant, selections } of this.#followed.values()) {
      if (grant.addresses.some((address) => addresses.has(address))) for (const { pods } of selections) yield* pods;
    }
  }

  #select({ namespaceSelector = {}, podSelector = {} }: EgressSubject): readonly Selection[] {
    // Half a selector would take more pods than were meant.
    if (faultOfSelector(namespaceSelector) !== undefined || faultOfSelector(podSelector) !== undefined) return [];
    const [namespaces, pods] = [requirementsOf(namespaceSelector), requirementsOf(podSelector)];
    const subject =
      namespaces && pods && subjectOf({ namespace: undefined, namespaces, pods, serviceAccounts: undefined });
    return subject ? [this.#selectors.select(subject)] : [];
  }

  #note(changes: readonly EgressChange[]): readonly EgressChange[] {
    const inside = changes.filter(({ pod }) => !pod.hostNetwork);
    for (const { pod, grant, sign } of inside) {
      const before = this.of(pod);
      const at = before.indexOf(grant);
      const after = sign === 1 ? [...before, grant] : before.toSpliced(at, at < 0 ? 0 : 1);
      if (after.length > 0) this.#ofPod.set(pod, after);
      else this.#ofPod.delete(pod);
    }
    return inside;
  }
}

const none: readonly EgressGrant[] = [];
