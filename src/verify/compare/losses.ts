import type { DesiredState } from '../../core/model/desired.ts';
import type { Loss } from '../../core/model/resource.ts';
import type { Excuse } from '../layers.ts';

/** The flows that a point has said it stops although they are intended: those of the rules that its losses name. */
export function excusesOf({ rules }: Pick<DesiredState, 'rules'>, losses: readonly Loss[]): readonly Excuse[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return losses.flatMap(({ id, effect, code, message }) => {
    const rule = byId.get(id);
    if (rule === undefined || effect === 'split' || effect === 'approximate') return [];
    return [{ to: rule.destination, ports: rule.ports, elsewhere: effect === 'elsewhere', code, message }];
  });
}
