import { GroupInventory } from '../../../kit/common/groups/inventory.ts';
import { leavesOf } from '../../../kit/common/groups/shards.ts';
import { RuleSequence } from '../../../kit/ordered-table/rule-sequence.ts';
import type { Json } from '../../../src/core/model/json.ts';
import { keyOf } from '../../../src/core/model/resource.ts';
import { addressTableOf, unknownObjectMember, type GroupTable, type Table } from '../objects/names.ts';
import type { Watch } from '../objects/watch.ts';

/** A feed as the data plane has it. */
export interface Feed {
  /** What it holds, canonical and sorted. */
  readonly members: readonly string[];
  /** Entries that the data plane took, and that it did not. */
  readonly valid: number;
  readonly invalid: number;
  /** Over the device's limit: the newest entries are cut off. */
  readonly overflow: boolean;
}

/** What a session knows of the device: as it was last read, and as it was changed since. */
export class Inventory {
  /** How the attributes of each table are watched. */
  readonly watches: ReadonlyMap<string, Watch>;
  /** All policies of the VDOM. */
  policies = new RuleSequence();
  /** Our feeds as they were read, by name. */
  readonly feeds = new Map<string, Feed>();
  /** Addresses and groups of a family share their names. */
  readonly #groups = { 4: new GroupInventory(), 6: new GroupInventory() };
  /** Which member our address objects are for, by table and name. */
  readonly #addresses = new Map<string, string>();

  constructor(watches: ReadonlyMap<Table, Watch> = new Map()) {
    this.watches = watches;
  }

  /** What to write to set an attribute back to its default. */
  initial(table: string): (field: string) => Json {
    return (field) => this.watches.get(table)?.initial(field) ?? '';
  }

  groups(table: string): GroupInventory {
    return this.#groups[table.endsWith('6') ? 6 : 4];
  }

  setAddress(kind: string, name: string, member: string): void {
    this.#addresses.set(keyOf({ kind, name }), member);
  }

  dropAddress(kind: string, name: string): void {
    this.#addresses.delete(keyOf({ kind, name }));
  }

  hasAddress(kind: string, name: string): boolean {
    return this.#addresses.has(keyOf({ kind, name }));
  }

  /**
   * The members of a group, through its parts. What we did not put there is among them, and so is a filler beside what it stands for.
   *
   * @param filler what a group of this device holds when it has no members
   */
  membersOf(table: GroupTable, root: string, filler: string | undefined): readonly string[] {
    const leaves = leavesOf(this.groups(table).layout(root) ?? new Map<string, readonly string[]>());
    if (leaves.length === 1 && leaves[0] === filler) return [];
    const kind = addressTableOf(table);
    return leaves.map((name) => this.#addresses.get(keyOf({ kind, name })) ?? unknownObjectMember(name)).sort();
  }
}
