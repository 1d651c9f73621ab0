import type { LowerContext } from '../../../src/adapter/adapter.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { IstioConfig } from '../config.ts';
import { meshFacts, type MeshFacts } from '../mesh-facts.ts';
import { identitiesOf, type Identities } from './identities.ts';
import { lost, Losses } from './losses.ts';

/** What all parts of one lowering look at. */
export interface Context {
  readonly config: IstioConfig;
  readonly facts: MeshFacts;
  readonly owner: Owner;
  readonly rules: readonly Rule[];
  readonly identities: ReadonlyMap<string, Identities>;
  readonly losses: Losses;
}

export function contextOf(desired: DesiredState, { config, capabilities, owner }: LowerContext<IstioConfig>): Context {
  const facts = meshFacts(config, capabilities);
  const identities = identitiesOf(desired, facts.otherMode);
  const losses = new Losses();
  const rules = desired.rules.filter((rule) => {
    const inspects = rule.action === 'Accept' && rule.profile !== undefined;
    if (inspects) losses.add(rule, lost.inspection(rule.profile ?? ''));
    return rule.sources.length > 0 && !inspects;
  });
  return { config, facts, owner, rules, identities, losses };
}
