import type { GroupDelta } from '../core/model/desired.ts';

interface Changed {
  readonly present: boolean;
  /** Of the publication with this change. */
  readonly version: number;
}

/**
 * All changes of members at a point that were not acknowledged, as one delta: of each address, the last change counts.
 * Its size is bounded by the number of addresses, however long the device is away.
 */
export class CoalescedDeltas {
  readonly #groups = new Map<string, { readonly role: GroupDelta['role']; readonly addresses: Map<string, Changed> }>();
  readonly #ended = new Map<string, number>();

  add(change: { readonly groups: readonly GroupDelta[]; readonly ended: Iterable<string> }, version: number): void {
    for (const { id, role, added, removed } of change.groups) {
      const addresses = this.#groups.get(id)?.addresses ?? new Map<string, Changed>();
      for (const address of removed) addresses.set(address, { present: false, version });
      for (const address of added) addresses.set(address, { present: true, version });
      this.#groups.set(id, { role, addresses });
    }
    for (const address of change.ended) this.#ended.set(address, version);
  }

  /** Changes that were published after this version; after 0: all. Groups without a change are left out. */
  since(version: number): readonly GroupDelta[] {
    return [...this.#groups].flatMap(([id, { role, addresses }]) => {
      const recent = [...addresses].filter(([, changed]) => changed.version > version);
      const where = (present: boolean): string[] =>
        recent.flatMap(([address, changed]) => (changed.present === present ? [address] : []));
      return recent.length === 0 ? [] : [{ id, role, added: where(true), removed: where(false) }];
    });
  }

  /** Drops the changes up to this version, which are on the device. */
  forget(version: number): void {
    for (const [id, { addresses }] of this.#groups) {
      for (const [address, changed] of addresses) if (changed.version <= version) addresses.delete(address);
      if (addresses.size === 0) this.#groups.delete(id);
    }
    for (const [address, ended] of this.#ended) if (ended <= version) this.#ended.delete(address);
  }

  get ended(): ReadonlySet<string> {
    return new Set(this.#ended.keys());
  }
}
