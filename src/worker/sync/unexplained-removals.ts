import type { GroupDelta } from '../../core/model/desired.ts';
import { unexplained } from '../../core/plan/explained.ts';
import { needsGuard } from '../../core/plan/guards.ts';
import type { MemberChanges } from '../../store/desired-store.ts';

const noAddresses: ReadonlySet<string> = new Set();

/** Removals of one turn that nothing explains. What explains one is forgotten once it is acknowledged, so it is asked at once. */
export class UnexplainedRemovals {
  readonly #deltas: GroupDelta[] = [];

  /** @returns are there more by now than may pass without a look at the whole? */
  add({ groups, ended, point }: Pick<MemberChanges, 'groups' | 'ended' | 'point'>): boolean {
    for (const delta of groups) this.#deltas.push({ ...delta, removed: unexplained(delta.removed, ended) });
    return needsGuard(this.#deltas, noAddresses, point.spec.guard);
  }
}
