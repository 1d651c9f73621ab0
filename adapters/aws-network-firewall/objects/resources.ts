import type { Family } from '../../../kit/common/groups/parts.ts';
import { groupResource } from '../../../kit/common/ownership/resources.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { lineAction, lineOwner, referencesIn } from './line.ts';
import { kinds, listOfReference, sigils, type Scope, type SourceKind } from './names.ts';

/** @param astray it does not hold the same wherever it stands */
export function sourceResource(
  kind: SourceKind,
  name: string,
  { family, mark, members, astray }: SourceContent,
): Resource {
  return groupResource(kind, name, { spec: { family, ...(astray && { astray }) }, mark, members });
}

export interface SourceContent {
  readonly family: Family;
  readonly mark: string;
  readonly members: readonly string[];
  readonly astray?: boolean;
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
    refs: ([kinds.list, kinds.set] as const).flatMap((kind) =>
      referencesIn(lines, sigils[kind]).map((reference) => ({ kind, name: listOfReference(scope, reference) })),
    ),
    effect: lines.some((line) => lineAction(line) === 'Accept') ? 'Accept' : 'Deny',
    position,
    ...(id !== undefined && { desiredId: id }),
  };
}

/** The lines of a rule resource. */
export function linesOf({ spec }: Resource): readonly string[] {
  return (spec['lines'] ?? []) as readonly string[];
}
