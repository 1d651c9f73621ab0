import type { PendingChange } from '../../model/pending.ts';
import type { Change } from '../../model/plan.ts';
import { keyOf, type Resource, type ResourceKey } from '../../model/resource.ts';

type MembersChange<R extends Resource> = Extract<Change<R>, { readonly op: 'members' }>;

interface Moved {
  readonly left: Set<string>;
  readonly joined: Set<string>;
}

/**
 * Members that moved after a plan was made, and ahead of the rest of it: those that left a group are not put back by what
 * the plan still does, and those that joined one are not taken out again.
 */
export class Overtaken {
  readonly #changes: Change[] = [];
  readonly #moved = new Map<string, Moved>();

  /** In the order in which they were made. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.op !== 'members') continue;
      this.#changes.push(change);
      const moved = this.#moved.get(keyOf(change.key)) ?? { left: new Set(), joined: new Set() };
      this.#moved.set(keyOf(change.key), moved);
      for (const member of change.remove) if (!moved.joined.delete(member)) moved.left.add(member);
      for (const member of change.add) if (!moved.left.delete(member)) moved.joined.add(member);
    }
  }

  /** A change of the plan as it may still be made; itself, where it moves none of these members; undefined: nothing is left. */
  rest<R extends Resource>(change: Change<R>): Change<R> | undefined {
    const moved = this.#moved.get(keyOf(change.key));
    if (moved === undefined) return change;
    if (change.op === 'members') return restOfMembers(change, moved);
    const { after } = change;
    if (after?.members?.some((member) => moved.left.has(member)) !== true) return change;
    return { ...change, after: { ...after, members: after.members.filter((member) => !moved.left.has(member)) } };
  }
}

function restOfMembers<R extends Resource>(change: MembersChange<R>, { left, joined }: Moved): Change<R> | undefined {
  const add = change.add.filter((member) => !left.has(member));
  const remove = change.remove.filter((member) => !joined.has(member));
  if (add.length === change.add.length && remove.length === change.remove.length) return change;
  return add.length + remove.length === 0 ? undefined : { ...change, add, remove };
}

/** What is known of a device while a plan is being carried out on it. */
export interface PlanProgress {
  /** What it is still at work on. */
  readonly inFlight: readonly PendingChange[];
  /** Is this object of ours there? */
  readonly isThere: (key: ResourceKey) => boolean;
}
