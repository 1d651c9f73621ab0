import { faultOfSelector, requirementsOf } from '../../select/requirements.ts';
import type { MembershipChange } from '../../select/selector-index.ts';
import { subjectOf } from '../../select/subject.ts';
import type { EgressSource, EgressSubject, Pod } from '../../model/snapshot.ts';
import { isGroup, type EgressTaker, type Followed, type Selectors } from './followed.ts';
import type { EgressGrant } from './pod-addresses.ts';

/** A pod that such an object takes, or took. */
export interface EgressChange {
  readonly pod: Pod;
  readonly grant: EgressGrant;
  readonly sign: 1 | -1;
}

interface Known {
  readonly grant: EgressGrant;
  readonly takers: readonly EgressTaker[];
  users: number;
}

/** Who leaves under which addresses, by objects of the network plugin and by pools of points. */
export class EgressIndex {
  readonly #selectors: Selectors;
  readonly #known = new Map<string, Known>();
  /** Of pods that have some: most clusters have none at all. */
  readonly #ofPod = new Map<Pod, readonly EgressGrant[]>();

  constructor(selectors: Selectors) {
    this.#selectors = selectors;
  }

  of(pod: Pod): readonly EgressGrant[] {
    return this.#ofPod.get(pod) ?? none;
  }

  /** Follows an object or a pool; the same once more is one with two users. */
  acquire(key: string, { takes, addresses }: Pick<EgressSource, 'takes' | 'addresses'>): readonly EgressChange[] {
    const known = this.#known.get(key);
    if (known) {
      known.users += 1;
      return [];
    }
    const grant = { key, addresses };
    const takers = takes.flatMap((one) => this.#follow(one, grant));
    this.#known.set(key, { grant, takers, users: 1 });
    return this.#note(this.#podsIn(takers).map((pod) => ({ pod, grant, sign: 1 })));
  }

  release(key: string): readonly EgressChange[] {
    const known = this.#known.get(key);
    if (!known) return [];
    known.users -= 1;
    if (known.users > 0) return [];
    const { grant, takers } = known;
    this.#known.delete(key);
    const changes = this.#podsIn(takers).map((pod) => ({ pod, grant, sign: -1 }) as const);
    for (const taker of takers) this.#selectors.release(taker);
    return this.#note(changes);
  }

  /** A pod that came into these. */
  join(pod: Pod, followed: readonly Followed[]): void {
    if (this.#known.size === 0) return;
    const grants = followed.flatMap((one) => (isGroup(one) ? [] : one.grant));
    if (grants.length > 0) this.#ofPod.set(pod, grants);
  }

  leave(pod: Pod): void {
    this.#ofPod.delete(pod);
  }

  /** Pods that moved for a namespace. */
  move(moves: readonly MembershipChange<Followed>[]): readonly EgressChange[] {
    return this.#note(
      moves.flatMap(({ selection, pod, joined }): EgressChange[] =>
        isGroup(selection) ? [] : [{ pod, grant: selection.grant, sign: joined ? 1 : -1 }],
      ),
    );
  }

  /** Who leaves under one of these. */
  *podsUnder(addresses: ReadonlySet<string>): Iterable<Pod> {
    for (const { grant, takers } of this.#known.values()) {
      if (grant.addresses.some((address) => addresses.has(address))) yield* this.#podsIn(takers);
    }
  }

  /** A pod is there once for each that takes it. */
  #podsIn(takers: readonly EgressTaker[]): readonly Pod[] {
    return takers.flatMap((taker) => this.#selectors.podsOf(taker));
  }

  #follow({ namespaceSelector = {}, podSelector = {} }: EgressSubject, grant: EgressGrant): readonly EgressTaker[] {
    // Half a selector would take more pods than were meant.
    if (faultOfSelector(namespaceSelector) !== undefined || faultOfSelector(podSelector) !== undefined) return [];
    const [namespaces, pods] = [requirementsOf(namespaceSelector), requirementsOf(podSelector)];
    const subject =
      namespaces && pods && subjectOf({ namespace: undefined, namespaces, pods, serviceAccounts: undefined });
    if (!subject) return [];
    const taker = { subject, scope: this.#selectors.scopeOf(subject), grant };
    this.#selectors.add(taker);
    return [taker];
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
