import type { AddressGroup, GroupDelta, Role } from '../../model/desired.ts';
import { compareText } from '../../model/problem.ts';
import type { Pods } from './over-grants.ts';
import { subjectTitle, type Subject } from '../../select/subject.ts';
import { digest } from '../../model/digest.ts';
import { keyOfVantage, type Vantage } from '../inputs/vantage.ts';
import type { GroupSource, GroupSources } from '../pods/group-sources.ts';

/** Whom a group is for: pods as they come and go. */
export interface GroupSpec {
  readonly subject: Subject;
  readonly vantage: Vantage;
  /** Said as a whole, whoever is in them; of the pods only those outside are then members by themselves. */
  readonly networks?: readonly string[];
}

interface Group<U> {
  readonly id: string;
  readonly watch: GroupSource;
  readonly networks: readonly string[];
  /** The members of the watch that `state` was made of. */
  seen: readonly string[];
  users: readonly U[];
  state: AddressGroup;
}

/**
 * The address groups that rules name, shared by all who need the same. The role is part of a group's identity, so
 * equal selectors of an accepting and a denying rule make two groups: a device is changed in steps, and with one group
 * for both a member that leaves would at once narrow the first rule and widen the second.
 */
export class AddressGroups<U> {
  readonly #watches: GroupSources;
  readonly #groups = new Map<string, Group<U>>();
  readonly #byWatch = new Map<GroupSource, readonly Group<U>[]>();

  constructor(watches: GroupSources) {
    this.#watches = watches;
  }

  /** The id of the group, which exists until all its users have released it. */
  acquire(source: GroupSpec, role: Role, user: U): string {
    const id = digest(keyOf(source, role));
    const group = this.#groups.get(id) ?? this.#create(id, source, role);
    if (!group.users.includes(user)) group.users = group.users.concat([user]);
    return id;
  }

  release(id: string, user: U): void {
    const group = this.#groups.get(id);
    if (!group) return;
    group.users = group.users.filter((other) => other !== user);
    if (group.users.length > 0) return;
    this.#groups.delete(id);
    const siblings = this.#byWatch.get(group.watch)?.filter((other) => other !== group) ?? [];
    if (siblings.length > 0) this.#byWatch.set(group.watch, siblings);
    else this.#byWatch.delete(group.watch);
    this.#watches.release(group.watch);
  }

  /** The group as it is now; the same object until its members change. */
  get(id: string): AddressGroup | undefined {
    const group = this.#groups.get(id);
    if (group) refresh(group);
    return group?.state;
  }

  /** Whom a group is for. */
  subjectOf(id: string): Subject | undefined {
    return this.#groups.get(id)?.watch.selection.subject;
  }

  /** The pods that a group is for. */
  podsOf(id: string): Pods | undefined {
    return this.#groups.get(id)?.watch.selection.pods;
  }

  /** What has changed since this was last asked, for everybody whose rules name the group. */
  takeDeltas(): ReadonlyMap<U, readonly GroupDelta[]> {
    const deltas = new Map<U, GroupDelta[]>();
    for (const [watch, delta] of this.#watches.takeDeltas()) {
      for (const group of this.#byWatch.get(watch) ?? []) {
        const { id, role } = group.state;
        for (const user of group.users) {
          const list = deltas.get(user) ?? [];
          deltas.set(user, list);
          list.push({ id, role, ...delta });
        }
      }
    }
    for (const list of deltas.values()) list.sort((a, b) => compareText(a.id, b.id));
    return deltas;
  }

  #create(id: string, source: GroupSpec, role: Role): Group<U> {
    const { subject, vantage, networks = [] } = source;
    const watch = this.#watches.acquire(subject, vantage, networks);
    const title = networks.length > 0 ? 'networks of the cluster' : titleOf(subject, vantage);
    const seen = watch.set.members();
    const state = { id, role, title, members: membersOf(networks, seen) };
    const group: Group<U> = { id, watch, networks, users: [], seen, state };
    this.#groups.set(id, group);
    this.#byWatch.set(watch, [...(this.#byWatch.get(watch) ?? []), group]);
    return group;
  }
}

function refresh<U>(group: Group<U>): void {
  const seen = group.watch.set.members();
  if (seen === group.seen) return;
  group.seen = seen;
  group.state = { ...group.state, members: membersOf(group.networks, seen) };
}

function membersOf(networks: readonly string[], seen: readonly string[]): readonly string[] {
  return networks.length === 0 ? seen : seen.length === 0 ? networks : [...networks, ...seen].sort();
}

function keyOf(source: GroupSpec, role: Role): string {
  const { subject, vantage, networks } = source;
  const around = networks ? `\nnetworks\n${networks.join(',')}` : '';
  return `${role}\n${keyOfVantage(vantage)}\n${subject.key}${around}`;
}

function titleOf(subject: Subject, { type }: Vantage): string {
  const title = subjectTitle(subject);
  const seen = {
    Pod: title,
    Node: `nodes of ${title}`,
    Static: `${title}, behind static addresses`,
    EgressGateway: `gateway of ${title}`,
    Identity: title,
    Labels: title,
  };
  return seen[type];
}
