import type { Owner } from '../../src/adapter/owner.ts';
import { keyOf } from '../../src/core/model/resource.ts';
import type { Layout } from './layout.ts';
import { addressTableOf, memberName, shardName, type GroupTable } from './names.ts';

export interface KnownPolicy {
  readonly id: string;
  readonly name: string;
  readonly ours: boolean;
  readonly enabled: boolean;
  /** Of others: stops what it matches. */
  readonly denies: boolean;
}

/**
 * What this session knows of the device: as it was last read, and what was done since. It answers where a member is
 * and what policy has which id without a read; after a failure it is thrown away and read anew.
 */
export class Inventory {
  /** Native members of groups that are ours, by table and name. */
  readonly #groups = new Map<string, Set<string>>();
  /** In how many groups of ours an object is, by family and name: addresses and groups of a family share their names. */
  readonly #uses = new Map<string, number>();
  /** Which member our address objects are for, by table and name. */
  readonly #addresses = new Map<string, string>();
  #policies: KnownPolicy[] = [];

  setAddress(table: string, name: string, member: string): void {
    this.#addresses.set(keyOf({ kind: table, name }), member);
  }

  dropAddress(table: string, name: string): void {
    this.#addresses.delete(keyOf({ kind: table, name }));
  }

  hasAddress(table: string, name: string): boolean {
    return this.#addresses.has(keyOf({ kind: table, name }));
  }

  setGroup(table: GroupTable, name: string, members: Iterable<string>): void {
    this.dropGroup(table, name);
    this.#groups.set(keyOf({ kind: table, name }), new Set());
    for (const member of members) this.join(table, name, member);
  }

  dropGroup(table: GroupTable, name: string): void {
    for (const member of this.#groups.get(keyOf({ kind: table, name })) ?? []) this.leave(table, name, member);
    this.#groups.delete(keyOf({ kind: table, name }));
  }

  join(table: GroupTable, name: string, member: string): void {
    const members = this.#groups.get(keyOf({ kind: table, name }));
    if (members === undefined || members.has(member)) return;
    members.add(member);
    const used = useKey(table, member);
    this.#uses.set(used, (this.#uses.get(used) ?? 0) + 1);
  }

  leave(table: GroupTable, name: string, member: string): void {
    if (this.#groups.get(keyOf({ kind: table, name }))?.delete(member) !== true) return;
    const used = useKey(table, member);
    this.#uses.set(used, (this.#uses.get(used) ?? 1) - 1);
  }

  /** Is an address or a shard a member of a group of ours? */
  isUsed(table: string, name: string): boolean {
    return (this.#uses.get(useKey(table, name)) ?? 0) > 0;
  }

  /** A group and its shards as they are on the device; undefined when there is no such group. */
  layout(table: GroupTable, root: string): Layout | undefined {
    const layout = new Map<string, readonly string[]>();
    const visit = (name: string): void => {
      const members = this.#groups.get(keyOf({ kind: table, name }));
      if (members === undefined || layout.has(name)) return;
      layout.set(name, [...members]);
      for (const member of members) if (isShard(root, member)) visit(member);
    };
    visit(root);
    return layout.has(root) ? layout : undefined;
  }

  /**
   * The members of a group, through its shards. An object that we did not put there is `object <name>`, which no
   * address is, so that a plan takes it out again; so is a filler beside what it stands for.
   *
   * @param filler what a group of this device holds when it has no members
   */
  membersOf(table: GroupTable, root: string, filler: string | undefined): readonly string[] {
    const layout = this.layout(table, root) ?? new Map<string, readonly string[]>();
    const addresses = addressTableOf(table);
    const leaves = leavesOf(layout);
    if (leaves.length === 1 && leaves[0] === filler) return [];
    return leaves
      .map((name) => this.#addresses.get(keyOf({ kind: addresses, name })) ?? `${strangerPrefix}${name}`)
      .sort();
  }

  setPolicies(policies: readonly KnownPolicy[]): void {
    this.#policies = [...policies];
  }

  policies(): readonly KnownPolicy[] {
    return this.#policies;
  }

  /** By name, or by `#id` for one without a usable name. */
  policy(name: string): KnownPolicy | undefined {
    const id = name.startsWith('#') ? name.slice(1) : undefined;
    return this.#policies.find((policy) => (id === undefined ? policy.ours && policy.name === name : policy.id === id));
  }

  putPolicy(policy: KnownPolicy): void {
    const at = this.#policies.findIndex(({ id }) => id === policy.id);
    if (at < 0) this.#policies.push(policy);
    else this.#policies[at] = policy;
  }

  dropPolicy(id: string): void {
    this.#policies = this.#policies.filter((policy) => policy.id !== id);
  }

  movePolicy(id: string, place: { readonly before: string } | { readonly after: string }): void {
    const moved = this.#policies.find((policy) => policy.id === id);
    if (moved === undefined) return;
    this.dropPolicy(id);
    const anchor = this.#policies.findIndex((policy) => policy.id === ('before' in place ? place.before : place.after));
    this.#policies.splice('before' in place ? anchor : anchor + 1, 0, moved);
  }
}

const strangerPrefix = 'object ';

/** The native name behind a member text. */
export function nativeName(owner: Owner, member: string): string {
  return member.startsWith(strangerPrefix) ? member.slice(strangerPrefix.length) : memberName(owner, member);
}

/** The objects in a group and its shards, but not the shards. */
export function leavesOf(layout: Layout): readonly string[] {
  return [...new Set([...layout.values()].flat().filter((name) => !layout.has(name)))];
}

export function isStranger(member: string): boolean {
  return member.startsWith(strangerPrefix);
}

function isShard(root: string, name: string): boolean {
  const start = shardName(root, '');
  return name.startsWith(start) && /^[0-9a-f]+$/.test(name.slice(start.length));
}

function useKey(table: string, name: string): string {
  return keyOf({ kind: table.endsWith('6') ? '6' : '4', name });
}
