import type { DesiredState } from '../model/desired.ts';
import type { Loss } from '../model/resource.ts';
import type { Excuse } from './layers.ts';

/** The flows that the losses of a point are about: those of the rules that they name. */
export function excusesOf({ rules }: Pick<DesiredState, 'rules'>, losses: readonly Loss[]): readonly Excuse[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return losses.flatMap(({ id, code, message }) => {
    const rule = byId.get(id);
    return rule === undefined ? [] : [{ to: rule.destination, ports: rule.ports, code, message }];
  });
}
