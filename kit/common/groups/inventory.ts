import { isShardOf, type Layout, type Step } from './shards.ts';

/**
 * The native groups of ours on a device, as they were last read and as they were changed since: it answers what a group
 * holds and who uses an object without a read. After a failure it is thrown away and read again.
 */
export class GroupInventory {
  readonly #groups = new Map<string, Set<string>>();
  /** In how many groups of ours an object is, by its name. */
  readonly #uses = new Map<string, number>();

  set(name: string, members: Iterable<string>): void {
    this.drop(name);
    this.#groups.set(name, new Set());
    for (const member of members) this.#join(name, member);
  }

  drop(name: string): void {
    for (const member of this.#groups.get(name) ?? []) this.#leave(name, member);
    this.#groups.delete(name);
  }

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  holds(name: string): readonly string[] {
    return [...(this.#groups.get(name) ?? [])];
  }

  /** Is an address or a part of a group a member of a group of ours? */
  isUsed(name: string): boolean {
    return (this.#uses.get(name) ?? 0) > 0;
  }

  /** A group and its parts as they are on the device; undefined when there is no such group. */
  layout(root: string): Layout | undefined {
    const layout = new Map<string, readonly string[]>();
    const visit = (name: string): void => {
      const members = this.#groups.get(name);
      if (members === undefined || layout.has(name)) return;
      layout.set(name, [...members]);
      for (const member of members) if (isShardOf(root, member)) visit(member);
    };
    visit(root);
    return layout.has(root) ? layout : undefined;
  }

  /** What the device has done. */
  apply(step: Step): void {
    if ('members' in step) this.set(step.name, step.members);
    else if (step.op === 'drop') this.drop(step.name);
    else if (step.op === 'join') this.#join(step.name, step.member);
    else this.#leave(step.name, step.member);
  }

  #join(name: string, member: string): void {
    const members = this.#groups.get(name);
    if (members === undefined || members.has(member)) return;
    members.add(member);
    this.#uses.set(member, (this.#uses.get(member) ?? 0) + 1);
  }

  #leave(name: string, member: string): void {
    if (this.#groups.get(name)?.delete(member) !== true) return;
    this.#uses.set(member, (this.#uses.get(member) ?? 1) - 1);
  }
}
