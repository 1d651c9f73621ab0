import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import type { Carried } from './capacity.ts';

interface Wording {
  /** Why a group cannot be said exactly; undefined: it can. */
  readonly inexact: (group: AddressGroup) => string | undefined;
  /** Of the losses. */
  readonly code: Loss['code'];
  /** What cannot say it: `Container associations`. */
  readonly means: string;
}

/**
 * What is left of a desired state when groups that the device cannot be told exactly are taken out: their rules are narrowed or
 * left out, and beneath a denying one nothing is accepted that it might have stopped.
 */
export function withoutInexpressible(
  { groups, rules }: Pick<DesiredState, 'groups' | 'rules'>,
  { inexact, code, means }: Wording,
): Carried {
  const reasons = new Map(
    groups.flatMap((group) => {
      const why = inexact(group);
      return why === undefined ? [] : [[group.id, why] as const];
    }),
  );
  const losses: Loss[] = [];
  let beneath: string | undefined;
  const kept = rules.flatMap((rule): Rule[] => {
    const sources = rule.sources.filter((id) => !reasons.has(id));
    const why = rule.sources.map((id) => reasons.get(id)).find((reason) => reason !== undefined);
    const told = (effect: 'rejected' | 'narrowed', message: string): void =>
      void losses.push({ effect, id: rule.id, code, message });
    if (why !== undefined)
      told(sources.length === 0 ? 'rejected' : 'narrowed', `${means} cannot express its subject: ${why}.`);
    else if (beneath !== undefined && rule.action === 'Accept') {
      told(
        'rejected',
        `It is left out, because a denying rule above it might overlap with it and cannot be expressed: ${beneath}.`,
      );
      return [];
    }
    if (why !== undefined && rule.action === 'Deny') beneath = why;
    if (beneath !== undefined && rule.action === 'Accept') return [];
    return sources.length === 0 ? [] : [{ ...rule, sources }];
  });
  const used = new Set(kept.flatMap(({ sources }) => sources));
  return { groups: groups.filter(({ id }) => used.has(id)), rules: kept, losses };
}
