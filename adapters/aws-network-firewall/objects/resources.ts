import type { Family } from '../../../kit/common/groups/parts.ts';
import { groupResource } from '../../../kit/common/ownership/resources.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { lineAction, lineOwner, referencesIn } from './line.ts';
import { kinds, listOfReference, type Scope } from './names.ts';

export function listResource(name: string, family: Family, mark: string, members: readonly string[]): Resource {
  return groupResource(kinds.list, name, { spec: { family }, mark, members });
}

/** A rule from its lines. `astray`: references that do not lead to our list of that name. */
export function ruleResource(
  scope: Scope,
  name: string,
  lines: readonly string[],
  position: number,
  astray: readonly string[] = [],
): Resource {
  const id = lineOwner(lines[0] ?? '')?.id;
  return {
    kind: kinds.rule,
    name,
    spec: { lines, ...(astray.length > 0 && { astray }) },
    refs: referencesIn(lines).map((reference) => ({ kind: kinds.list, name: listOfReference(scope, reference) })),
    effect: lines.some((line) => lineAction(line) === 'Accept') ? 'Accept' : 'Deny',
    position,
    ...(id !== undefined && { desiredId: id }),
  };
}

/** The lines of a rule resource. */
export function linesOf({ spec }: Resource): readonly string[] {
  return (spec['lines'] ?? []) as readonly string[];
}
