import { membersIn, type Layout, type List } from './layout.ts';
import { isShardOf } from './names.ts';

/**
 * The address lists of ours as they were last read, and as they were written since: a list is replaced as a whole, so
 * whoever changes one member has to know the others. After a failure it is thrown away and read anew.
 */
export class Inventory {
  readonly #lists = new Map<string, List>();
  /** In how many lists of ours a list is. */
  readonly #uses = new Map<string, number>();

  set(name: string, list: List): void {
    this.drop(name);
    this.#lists.set(name, list);
    this.#count(list, 1);
  }

  drop(name: string): void {
    const list = this.#lists.get(name);
    if (list !== undefined) this.#count(list, -1);
    this.#lists.delete(name);
  }

  has(name: string): boolean {
    return this.#lists.has(name);
  }

  list(name: string): List | undefined {
    return this.#lists.get(name);
  }

  /** Does another list of ours refer to this one? */
  isPart(name: string): boolean {
    return (this.#uses.get(name) ?? 0) > 0;
  }

  /** A group's list and those that it consists of; undefined when there is no such list. */
  layout(root: string): Layout | undefined {
    const list = this.#lists.get(root);
    if (list === undefined) return undefined;
    const parts = list.lists.flatMap((name) => {
      const part = isShardOf(root, name) ? this.#lists.get(name) : undefined;
      return part === undefined ? [] : [[name, part] as const];
    });
    return new Map([[root, list], ...parts]);
  }

  membersOf(root: string): readonly string[] {
    return membersIn(this.layout(root) ?? new Map<string, List>());
  }

  #count({ lists }: List, more: number): void {
    for (const name of lists) this.#uses.set(name, (this.#uses.get(name) ?? 0) + more);
  }
}
