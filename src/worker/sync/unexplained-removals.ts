import { unexplained } from '../../core/plan/guard/explained.ts';
import { leastCountedRemovals } from '../../core/plan/guard/removals.ts';
import type { MemberChanges } from '../../store/desired-store.ts';

/** Removals of one turn that nothing explains. What explains one is forgotten once it is acknowledged, so it is asked at once. */
export class UnexplainedRemovals {
  #count = 0;

  /** @returns are there more by now than may pass without a look at the whole? */
  add({ groups, ended, point }: Pick<MemberChanges, 'groups' | 'ended' | 'point'>): boolean {
    for (const { removed } of groups) this.#count += unexplained(removed, ended).length;
    return this.#count >= leastCountedRemovals(point.spec.guard);
  }
}
