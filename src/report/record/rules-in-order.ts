import type { ObjectAt } from '../../core/audit/history.ts';
import type { AuditRule } from '../../core/audit/record.ts';
import type { RecordedState } from './recorded-state.ts';

/** An object that stands for a rule. */
export type RuleAt = ObjectAt & { readonly rule: AuditRule };

/** Those of a device, as they stood in their table; those whose position is not on record come last. */
export function rulesInOrder({ byId, rankOf }: Pick<RecordedState, 'byId' | 'rankOf'>): readonly RuleAt[] {
  return [...byId.values()]
    .flat()
    .filter((object): object is RuleAt => object.rule !== undefined)
    .sort((a, b) => (rankOf(a) ?? Infinity) - (rankOf(b) ?? Infinity));
}
