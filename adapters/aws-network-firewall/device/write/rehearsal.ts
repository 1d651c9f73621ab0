import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import { referencesIn } from '../../objects/line.ts';
import { groupName, kinds, listOfReference } from '../../objects/names.ts';
import { linesOf } from '../../objects/resources.ts';
import type { Firewall, Known } from '../known.ts';
import { createInput, sourcesOf, updateInput } from './document.ts';
import { newGroups, rewritingFor } from './rules.ts';

/*
 * AWS carries out a request with `DryRun` but for the change itself: it looks at permissions, quotas, and each line of the rules.
 * Rules about prefix lists that are not there yet cannot be asked about, as a reference needs the ARN.
 */

/** @throws AdapterError as the changes would meet it */
export async function rehearse(firewall: Firewall, known: Known, changes: readonly Change[]): Promise<void> {
  for (const [operation, input] of asked(firewall, known, changes))
    await firewall.ask.firewall(operation, { ...input, DryRun: true });
}

function asked(
  firewall: Firewall,
  known: Known,
  changes: readonly Change[],
): readonly (readonly [string, JsonObject])[] {
  const isThere = (name: string): boolean =>
    known.lists.has(name) || known.associations.has(name) || known.sets.has(name);
  const exists = (line: string): boolean =>
    (['@', '$'] as const).every((sigil) =>
      referencesIn([line], sigil).every((reference) => isThere(listOfReference(firewall, reference))),
    );
  const rules = changes.filter(
    ({ key, after }) => key.kind === kinds.rule && (after === undefined || linesOf(after).every(exists)),
  );
  if (rules.length === 0) return [];
  const way = rewritingFor(firewall, known, rules);
  if (way.way === 'none') return [];
  if (way.way === 'in-place') {
    const input = updateInput(firewall, way.document, way.rules, sourcesOf(firewall, known, way.rules));
    return [['UpdateRuleGroup', input]];
  }
  const name = groupName(firewall, known.groupNames);
  return [...newGroups(firewall, way.wanted)].map(([rules, capacity]) => {
    const sources = sourcesOf(firewall, known, rules);
    return ['CreateRuleGroup', createInput(firewall, { name, rules, sources, capacity })] as const;
  });
}
