import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { IstioConfig } from '../config.ts';
import { factsOf, type Facts } from '../facts.ts';
import { identitiesOf, type Identities } from './identities.ts';
import { lost, Losses } from './losses.ts';

/** What all parts of one lowering look at. */
export interface Scope {
  readonly config: IstioConfig;
  readonly facts: Facts;
  readonly owner: Owner;
  readonly rules: readonly Rule[];
  readonly identities: ReadonlyMap<string, Identities>;
  readonly losses: Losses;
}

export function scopeOf(desired: DesiredState, { config, capabilities, owner }: LowerContext<IstioConfig>): Scope {
  const facts = factsOf(config, capabilities);
  const identities = identitiesOf(desired, facts.otherMode);
  const losses = new Losses();
  const rules = desired.rules.filter((rule) => {
    const inspects = rule.action === 'Accept' && rule.profile !== undefined;
    if (inspects) losses.add(rule, lost.inspection(rule.profile ?? ''));
    return rule.sources.length > 0 && !inspects;
  });
  return { config, facts, owner, rules, identities, losses };
}
