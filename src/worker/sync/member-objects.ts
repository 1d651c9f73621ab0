import type { GroupDelta } from '../../core/model/desired.ts';
import type { Change } from '../../core/model/plan.ts';
import {
  membersIn,
  splitChanges,
  mergeByGroup,
  type MemberChange,
  type Waiting,
} from '../../core/plan/in-flight/waiting.ts';
import type { MemberChanges } from '../../store/desired-store.ts';
import type { BatchTarget } from './apply-batches.ts';
import { lowerDeltas } from './sync-delta.ts';

/** Objects that nothing uses any more: whoever comes or goes is more urgent. */
export interface Leftover {
  /** Whose they are. */
  readonly member: string;
  readonly changes: readonly Change[];
  readonly news: MemberChanges;
}

/**
 * The objects of single addresses, on a device whose groups name objects. Where the device changes groups one call at a
 * time, objects are made ahead, in calls of their own; everywhere they are deleted when nobody waits.
 */
export class MemberObjects {
  readonly #target: BatchTarget;
  /** Members whose objects were made here and not deleted since. */
  readonly #made = new Set<string>();
  #leftovers: Leftover[];

  constructor(target: BatchTarget, leftovers: readonly Leftover[]) {
    this.#target = target;
    this.#leftovers = [...leftovers];
  }

  /** Are they made in calls of their own, beside those that change groups? */
  get areMadeAhead(): boolean {
    return this.#target.context.capabilities.memberCallsInFlight !== undefined;
  }

  get leftovers(): readonly Leftover[] {
    return this.#leftovers;
  }

  /** May a group be told of it? */
  isReady({ joins, address }: MemberChange): boolean {
    return !joins || !this.areMadeAhead || this.#made.has(address);
  }

  /** What makes the object of one who is to join; empty where the device needs none. */
  make(member: string, waiting: readonly Waiting[]): readonly Change[] {
    this.#made.add(member);
    const [delta] = mergeByGroup(splitChanges(waiting, ({ address, joins }) => joins && address === member).now);
    return delta === undefined ? [] : this.#changesOf(delta, 'create');
  }

  /** Members leave these groups; the objects of those that join one are still needed. */
  left(groups: readonly GroupDelta[], waiting: readonly Waiting[], news: MemberChanges): void {
    const joining = joiningIn(waiting);
    for (const delta of groups)
      for (const member of delta.removed) if (!joining.has(member)) this.#leave(member, delta, news);
  }

  /** What is to be used again is not taken away. */
  keepFor(waiting: readonly Waiting[]): void {
    const joining = joiningIn(waiting);
    this.#leftovers = this.#leftovers.filter(({ member }) => !joining.has(member));
  }

  /** Takes one that no call is about. */
  takeLeftover(underWay: ReadonlySet<string>): Leftover | undefined {
    const at = this.#leftovers.findIndex(({ member }) => !underWay.has(member));
    return at >= 0 ? this.#leftovers.splice(at, 1)[0] : undefined;
  }

  /** Takes all. */
  takeLeftovers(): readonly Leftover[] {
    return this.#leftovers.splice(0);
  }

  #leave(member: string, delta: GroupDelta, news: MemberChanges): void {
    this.#made.delete(member);
    const changes = this.#changesOf({ ...delta, added: [], removed: [member] }, 'delete');
    if (changes.length > 0) this.#leftovers.push({ member, changes, news });
  }

  #changesOf(delta: GroupDelta, op: 'create' | 'delete'): readonly Change[] {
    return lowerDeltas([delta], this.#target)?.filter((change) => change.op === op) ?? [];
  }
}

function joiningIn(waiting: readonly Waiting[]): ReadonlySet<string> {
  return membersIn(splitChanges(waiting, ({ joins }) => joins).now);
}
