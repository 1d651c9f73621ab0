import type { GroupDelta } from '../core/model/desired.ts';

interface Changed {
  readonly present: boolean;
  /** Of the publication with this change. */
  readonly version: number;
}

/** Of each address in each group, the last change. */
export function latest(older: readonly GroupDelta[], newer: readonly GroupDelta[]): readonly GroupDelta[] {
  const changes = new CoalescedDeltas();
  changes.add({ groups: older, ended: [] }, 1);
  changes.add({ groups: newer, ended: [] }, 2);
  return changes.since(0);
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

  /** Changes that were published after one version and up to another; after 0: all. Groups without a change are left out. */
  since(version: number, upTo = Infinity): readonly GroupDelta[] {
    return [...this.#groups].flatMap(([id, { role, addresses }]) => {
      const recent = [...addresses].filter(([, changed]) => changed.version > version && changed.version <= upTo);
      const where = (present: boolean): string[] =>
        recent.flatMap(([address, changed]) => (changed.present === present ? [address] : []));
      return recent.length === 0 ? [] : [{ id, role, added: where(true), removed: where(false) }];
    });
  }

  /** The version up to which no more than so many join and leave, and one at least; undefined: all do not come to that. */
  upTo(since: number, most = Infinity): number | undefined {
    if (most === Infinity) return undefined;
    const counts = new Map<number, { joining: number; leaving: number }>();
    for (const { addresses } of this.#groups.values())
      for (const { version, present } of addresses.values()) {
        if (version <= since) continue;
        const count = counts.get(version) ?? { joining: 0, leaving: 0 };
        count[present ? 'joining' : 'leaving'] += 1;
        counts.set(version, count);
      }
    let [last, joining, leaving]: [number | undefined, number, number] = [undefined, 0, 0];
    for (const [version, count] of [...counts].sort(([a], [b]) => a - b)) {
      joining += count.joining;
      leaving += count.leaving;
      if (last !== undefined && Math.max(joining, leaving) > most) return last;
      last = version;
    }
    return undefined;
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
