import type { AddressGroup, GroupDelta, Role } from '../../model/desired.ts';
import { append } from '../../model/grouped.ts';
import { compareText } from '../../../api/problem.ts';
import type { Pod } from '../../model/snapshot.ts';
import { subjectTitle, type Subject } from '../../select/subject.ts';
import { digest } from '../../text/digest.ts';
import { keyOfVantage, type Vantage } from '../inputs/vantage.ts';
import type { GroupSource, GroupSources } from '../pods/group-sources.ts';

/** Whom a group is for: pods as they come and go. */
export interface GroupSpec {
  readonly subject: Subject;
  readonly vantage: Vantage;
  /** For how long pods stay in it that are being deleted: 0 not at all, Infinity until they are gone. */
  readonly graceSeconds: number;
  /** Said as a whole, whoever is in them; of the pods only those outside are then members by themselves. */
  readonly networks?: readonly string[];
}

interface Group<U> {
  readonly id: string;
  readonly source: GroupSource;
  readonly networks: readonly string[];
  /** The members of the source that `state` was made of. */
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
  readonly #sources: GroupSources;
  readonly #groups = new Map<string, Group<U>>();
  readonly #bySource = new Map<GroupSource, readonly Group<U>[]>();

  constructor(sources: GroupSources) {
    this.#sources = sources;
  }

  /** The id of the group, which exists until all its users have released it. */
  acquire(spec: GroupSpec, role: Role, user: U): string {
    const id = digest(keyOf(spec, role));
    const group = this.#groups.get(id) ?? this.#create(id, spec, role);
    if (!group.users.includes(user)) group.users = group.users.concat([user]);
    return id;
  }

  release(id: string, user: U): void {
    const group = this.#groups.get(id);
    if (!group) return;
    group.users = group.users.filter((other) => other !== user);
    if (group.users.length > 0) return;
    this.#groups.delete(id);
    const siblings = this.#bySource.get(group.source)?.filter((other) => other !== group) ?? [];
    if (siblings.length > 0) this.#bySource.set(group.source, siblings);
    else this.#bySource.delete(group.source);
    this.#sources.release(group.source);
  }

  /** The group as it is now; the same object until its members change. */
  get(id: string): AddressGroup | undefined {
    const group = this.#groups.get(id);
    if (group) refresh(group);
    return group?.state;
  }

  /** Whom a group is for. */
  subjectOf(id: string): Subject | undefined {
    return this.#groups.get(id)?.source.selection.subject;
  }

  /** The pods that a group is for, those that are being deleted among them. */
  podsOf(id: string): Iterable<Pod> | undefined {
    return this.#groups.get(id)?.source.selection.pods;
  }

  /** What has changed since this was last asked, for everybody whose rules name the group. */
  takeDeltas(): ReadonlyMap<U, readonly GroupDelta[]> {
    const deltas = new Map<U, GroupDelta[]>();
    for (const [source, delta] of this.#sources.takeDeltas()) {
      for (const group of this.#bySource.get(source) ?? []) {
        const { id, role } = group.state;
        for (const user of group.users) append(deltas, user, { id, role, ...delta });
      }
    }
    for (const list of deltas.values()) list.sort((a, b) => compareText(a.id, b.id));
    return deltas;
  }

  #create(id: string, { subject, vantage, graceSeconds, networks = [] }: GroupSpec, role: Role): Group<U> {
    const source = this.#sources.acquire(subject, vantage, graceSeconds, networks);
    const title = networks.length > 0 ? 'networks of the cluster' : titleOf(subject, vantage) + keptText(graceSeconds);
    const seen = source.set.members();
    const state = { id, role, title, members: membersOf(networks, seen) };
    const group: Group<U> = { id, source, networks, users: [], seen, state };
    this.#groups.set(id, group);
    this.#bySource.set(source, [...(this.#bySource.get(source) ?? []), group]);
    return group;
  }
}

function refresh<U>(group: Group<U>): void {
  const seen = group.source.set.members();
  if (seen === group.seen) return;
  group.seen = seen;
  group.state = { ...group.state, members: membersOf(group.networks, seen) };
}

function membersOf(networks: readonly string[], seen: readonly string[]): readonly string[] {
  return networks.length === 0 ? seen : seen.length === 0 ? networks : [...networks, ...seen].sort();
}

function keyOf({ vantage, subject, graceSeconds, networks }: GroupSpec, role: Role): string {
  const around = networks ? `\nnetworks\n${networks.join(',')}` : '';
  const kept = isLimited(graceSeconds) ? `\nkept ${graceSeconds}` : '';
  return `${role}\n${keyOfVantage(vantage)}\n${subject.key}${around}${kept}`;
}

function keptText(graceSeconds: number): string {
  return isLimited(graceSeconds) ? `, kept ${graceSeconds} s while they terminate` : '';
}

/** Other than what is usual: nothing in groups that accept, until the pod is gone in those that deny. */
function isLimited(graceSeconds: number): boolean {
  return graceSeconds > 0 && graceSeconds < Infinity;
}

function titleOf(subject: Subject, { type }: Vantage): string {
  const title = subjectTitle(subject);
  switch (type) {
    case 'Node':
      return `nodes of ${title}`;
    case 'Static':
      return `${title}, behind static addresses`;
    case 'EgressIP':
      return `egress addresses of ${title}`;
    case 'EgressGateway':
      return `gateway of ${title}`;
    default:
      return title;
  }
}
