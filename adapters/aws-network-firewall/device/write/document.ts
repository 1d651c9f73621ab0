import { AdapterError } from '../../../../src/adapter/errors.ts';
import { ownerMark } from '../../../../src/adapter/owner.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { linesIn } from '../../lower/documents.ts';
import { referencesIn } from '../../objects/line.ts';
import { listOfReference } from '../../objects/names.ts';
import type { Firewall, Known, KnownGroup, KnownRule, KnownSources } from '../known.ts';

/* A rule group as it is sent: its rules, and what holds their sources. */

export function updateInput(
  firewall: Firewall,
  { token, arn }: KnownGroup,
  rules: readonly KnownRule[],
  sources: KnownSources,
): JsonObject {
  return {
    UpdateToken: token,
    RuleGroupArn: arn,
    Type: 'STATEFUL',
    RuleGroup: documentOf(rules, sources),
    Description: description(firewall),
  };
}

/** A rule group that is to be made. */
export interface NewGroup {
  readonly name: string;
  readonly rules: readonly KnownRule[];
  readonly sources: KnownSources;
  readonly capacity: number;
}

export function createInput(firewall: Firewall, { name, rules, sources, capacity }: NewGroup): JsonObject {
  return {
    RuleGroupName: name,
    Type: 'STATEFUL',
    Capacity: capacity,
    RuleGroup: documentOf(rules, sources),
    Description: description(firewall),
    Tags: [{ Key: 'postern', Value: description(firewall) }],
  };
}

/** @throws AdapterError `not-found` when a rule refers to what is not there */
export function sourcesOf(
  firewall: Firewall,
  { lists, associations, sets, remembered }: Known,
  rules: readonly KnownRule[],
): KnownSources {
  const lines = linesIn(rules);
  const found = <T>(sigil: '@' | '$', of: ReadonlyMap<string, T>): readonly (readonly [string, T])[] =>
    referencesIn(lines, sigil).map((reference) => {
      const name = listOfReference(firewall, reference);
      const source = of.get(name);
      if (source === undefined) throw new AdapterError('not-found', `${name} is not there, and a rule refers to it.`);
      return [reference, source];
    });
  return {
    references: Object.fromEntries(
      found('@', new Map<string, { readonly arn: string }>([...lists, ...associations])).map(([name, { arn }]) => [
        name,
        arn,
      ]),
    ),
    variables: Object.fromEntries(
      found('$', new Map([...remembered, ...sets])).map(([name, { entries }]) => [name, [...entries].sort()]),
    ),
  };
}

function documentOf(rules: readonly KnownRule[], { references, variables }: KnownSources): JsonObject {
  const sets = Object.entries(variables).map(([name, Definition]) => [name, { Definition }] as const);
  return {
    ReferenceSets: {
      IPSetReferences: Object.fromEntries(
        Object.entries(references).map(([name, ReferenceArn]) => [name, { ReferenceArn }]),
      ),
    },
    ...(sets.length > 0 && { RuleVariables: { IPSets: Object.fromEntries(sets) } }),
    RulesSource: { RulesString: `${linesIn(rules).join('\n')}\n` },
    StatefulRuleOptions: { RuleOrder: 'STRICT_ORDER' },
  };
}

/** The description of a rule group of ours. */
export function description({ owner }: Pick<Firewall, 'owner'>): string {
  return ownerMark(owner, 'rules');
}
