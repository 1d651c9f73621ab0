import type { GroupDelta } from '../core/model/desired.ts';

/**
 * What has changed at a point since its device was brought up to date, as one: the last word on each address counts.
 * Its size is bounded by what exists, however long the device is away.
 */
export class Backlog {
  readonly #groups = new Map<string, { readonly role: GroupDelta['role']; readonly present: Map<string, boolean> }>();
  readonly #ended = new Set<string>();

  add(change: { readonly groups: readonly GroupDelta[]; readonly ended: Iterable<string> }): void {
    for (const { id, role, added, removed } of change.groups) {
      const { present } = this.#groups.get(id) ?? { present: new Map<string, boolean>() };
      for (const address of removed) present.set(address, false);
      for (const address of added) present.set(address, true);
      this.#groups.set(id, { role, present });
    }
    for (const address of change.ended) this.#ended.add(address);
  }

  get groups(): readonly GroupDelta[] {
    return [...this.#groups].map(([id, { role, present }]) => ({
      id,
      role,
      added: where(present, true),
      removed: where(present, false),
    }));
  }

  get ended(): ReadonlySet<string> {
    return this.#ended;
  }
}

function where(present: ReadonlyMap<string, boolean>, wanted: boolean): string[] {
  return [...present].flatMap(([address, is]) => (is === wanted ? [address] : []));
}
