import type { AddressGroup } from '../../model/desired.ts';
import type { Pod } from '../../model/snapshot.ts';
import { atOnce, Pace, type Steps } from '../../model/steps.ts';
import type { Subject } from '../../select/subject.ts';
import { isGroup, type Followed, type Group, type Selectors, type View, type ViewSpec } from './followed.ts';
import { GracePeriods } from './grace-periods.ts';
import type { Delta, MemberSet } from './member-set.ts';
import type { PodAddresses } from './pod-addresses.ts';
import { RoutedMembers } from './routed-members.ts';
import { idOf, keyOfView, nowhere, stateOf, viewOf, viewOfGateway } from './view.ts';

/** An address that left a set. */
export type Dropped = readonly [MemberSet, string];

/** What became of a group. */
export interface GroupChange extends Delta {
  readonly group: Group;
}

/**
 * The address groups that rules name, shared by all who need the same. The role is part of a group's identity, so
 * equal selectors of an accepting and a denying rule make two groups: a device is changed in steps, and with one group
 * for both a member that leaves would at once narrow the first rule and widen the second.
 */
export class AddressGroups {
  readonly #selectors: Selectors;
  readonly #addressesOf: (pod: Pod) => PodAddresses;
  readonly #views = new Map<string, View>();
  /** What stands behind a gateway, by the group of the gateway's own addresses. */
  readonly #behind = new Map<Group, Set<View>>();
  /** Groups whose pods may leave through gateways, each through its own. */
  readonly #routed = new Map<Group, RoutedMembers>();
  /** Groups that are such gateways, and how many routes lead through each. */
  readonly #leading = new Map<Group, number>();
  readonly #touched = new Set<Group>();
  /** New groups, which have no members yet, in the order in which they were made. */
  readonly #unfilled = new Set<Group>();
  readonly #gracePeriods = new GracePeriods<Group>();

  constructor(selectors: Selectors, addressesOf: (pod: Pod) => PodAddresses) {
    this.#selectors = selectors;
    this.#addressesOf = addressesOf;
  }

  /** Asking for equal views gives one view with two users. */
  acquireView(spec: ViewSpec): View {
    const key = keyOfView(spec);
    const view = this.#views.get(key) ?? this.#newView(key, spec);
    view.users += 1;
    return view;
  }

  /** After its groups have been released. */
  releaseView(view: View): void {
    view.users -= 1;
    if (view.users > 0) return;
    this.#views.delete(keyOfView(view));
    if (!view.gateway) return;
    const behind = this.#behind.get(view.gateway);
    behind?.delete(view);
    if (behind?.size === 0) this.#behind.delete(view.gateway);
    this.release(view.gateway);
    this.releaseView(view.gateway.view);
  }

  /** Starts to follow; following the same twice is one group with two users. A new one has its members once it is filled. */
  acquire(subject: Subject, view: View): Group {
    const group = view.groups.get(subject.key) ?? this.#newGroup(subject, view);
    group.users += 1;
    return group;
  }

  /** Takes the pods that are there into groups that are new. No delta tells of them; there may be very many. */
  *filling(): Steps<void> {
    // Gateways were made before what stands behind them, which reads their members.
    const pace = new Pace();
    for (const group of this.#unfilled) {
      if (this.#selectors.mayHaveMany(group)) yield* this.#fillingInLots(group);
      else if (pace.isDue(this.#fill(group, this.#selectors.podsOf(group)))) yield;
    }
    this.#unfilled.clear();
  }

  /** Pods that lead others out, in ways that differ from pod to pod; filled, as pods that come read its members. */
  acquireGateway(subject: Subject): Group {
    const group = this.acquire(subject, this.acquireView(viewOfGateway({ seenAs: 'Pod' })));
    atOnce(this.filling());
    this.#leading.set(group, (this.#leading.get(group) ?? 0) + 1);
    return group;
  }

  releaseGateway(group: Group): void {
    const others = (this.#leading.get(group) ?? 0) - 1;
    if (others > 0) this.#leading.set(group, others);
    else this.#leading.delete(group);
    this.release(group);
    this.releaseView(group.view);
  }

  release(group: Group): void {
    group.users -= 1;
    if (group.users > 0) return;
    group.view.groups.delete(group.subject.key);
    this.#touched.delete(group);
    this.#unfilled.delete(group);
    this.#routed.delete(group);
    this.#gracePeriods.forget(group);
    this.#selectors.release(group);
  }

  /** The group as it is now; the same object until its members change. */
  stateOf(group: Group): AddressGroup {
    const seen = group.set.members();
    if (group.state && seen === group.seen) return group.state;
    group.seen = seen;
    return (group.state = stateOf(group, seen));
  }

  /** The pods that it is about, those that are being deleted among them. */
  podsOf(group: Group): readonly Pod[] {
    return this.#selectors.podsOf(group);
  }

  /** A pod comes; one that is being deleted only to the groups that still keep it. */
  join(followed: readonly Followed[], pod: Pod, brings: PodAddresses): void {
    for (const group of followed.filter(isGroup))
      if (this.#gracePeriods.begin(group, pod)) this.#change(group, brings, 1);
  }

  /** A pod goes; returns what is no longer in which set. */
  leave(followed: readonly Followed[], pod: Pod, brings: PodAddresses): readonly Dropped[] {
    return followed
      .filter(isGroup)
      .flatMap((group) => (this.#gracePeriods.end(group, pod) ? this.#change(group, brings, -1) : []));
  }

  /** A pod that stays gets more addresses (1), or loses some (-1). */
  adjust(followed: readonly Followed[], pod: Pod, brings: PodAddresses, sign: 1 | -1): void {
    for (const group of followed.filter(isGroup))
      if (this.#gracePeriods.has(group, pod)) this.#change(group, brings, sign);
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
  takeChanges(): readonly GroupChange[] {
    const changes: GroupChange[] = [];
    const take = (group: Group): void => {
      const delta = group.set.takeDelta();
      if (!delta) return;
      changes.push({ group, ...delta });
      for (const { groups } of this.#behind.get(group) ?? [])
        for (const dependent of groups.values()) this.#touched.add(dependent);
      if (!this.#leading.has(group)) return;
      for (const [dependent, set] of this.#routed) if (set.isBehind(group.set)) this.#touched.add(dependent);
    };
    const isBehind = (group: Group): boolean => group.view.gateway !== undefined || this.#routed.has(group);
    // Gateways first: what stands behind them reads their members.
    for (const group of this.#touched) if (!isBehind(group)) take(group);
    for (const group of this.#touched) if (isBehind(group)) take(group);
    this.#touched.clear();
    return changes;
  }

  *#fillingInLots(group: Group): Steps<void> {
    for (const found of this.#selectors.lotsOf(group)) {
      this.#fill(group, found);
      yield;
    }
  }

  /**
   * Of those that are being deleted it takes in the ones that it still keeps.
   *
   * @returns how much work it was
   */
  #fill(group: Group, found: readonly Pod[]): number {
    const pods = found.some(isBeingDeleted) ? found.filter((pod) => this.#gracePeriods.begin(group, pod)) : found;
    if (pods.length > 0) group.set.fill(pods.map(this.#addressesOf));
    return 1 + pods.length;
  }

  #change(group: Group, brings: PodAddresses, sign: 1 | -1): readonly Dropped[] {
    // When it is filled, it takes in every pod as that is then.
    if (this.#unfilled.has(group)) return [];
    this.#touched.add(group);
    return group.set.change(brings, sign).map((address) => [group.set, address]);
  }

  #newView(key: string, spec: ViewSpec): View {
    const { vantage } = spec;
    const ofGateway = vantage.type === 'EgressGateway' && this.acquireView(viewOfGateway(vantage));
    const gateway = ofGateway ? this.acquire(vantage.gateway, ofGateway) : undefined;
    const view = viewOf(spec, gateway);
    if (gateway) this.#behind.set(gateway, (this.#behind.get(gateway) ?? new Set()).add(view));
    this.#views.set(key, view);
    return view;
  }

  #newGroup(subject: Subject, view: View): Group {
    const id = idOf(view, subject);
    const set = view.newSet();
    const scope = this.#selectors.scopeOf(subject);
    const group: Group = { subject, scope, view, set, id, asSources: [id], state: undefined, seen: nowhere, users: 0 };
    if (set instanceof RoutedMembers) this.#routed.set(group, set);
    this.#selectors.add(group);
    view.groups.set(subject.key, group);
    this.#unfilled.add(group);
    return group;
  }
}

function isBeingDeleted({ deleting }: Pod): boolean {
  return deleting;
}
