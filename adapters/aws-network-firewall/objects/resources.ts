import { objectsIn, textOf } from '../../../kit/common/api/json.ts';
import type { Family } from '../../../kit/common/groups/parts.ts';
import { originOf, roleOf, servedBy } from '../../../kit/common/ownership/marks.ts';
import { groupResource } from '../../../kit/common/ownership/resources.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { lineAction, lineOwner, referencesIn } from './line.ts';
import { isAssociation, kinds, listOfReference, type Scope, type SourceKind } from './names.ts';

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
  const owner = lineOwner(lines[0] ?? '');
  return {
    kind: kinds.rule,
    name,
    spec: { lines, ...(astray.length > 0 && { astray }) },
    refs: [
      ...referencesIn(lines, '@').map((reference) => ({
        kind: isAssociation(reference) ? kinds.association : kinds.list,
        name: listOfReference(scope, reference),
      })),
      ...referencesIn(lines, '$').map((reference) => ({ kind: kinds.set, name: listOfReference(scope, reference) })),
    ],
    effect: lines.some((line) => lineAction(line) === 'Accept') ? 'Accept' : 'Deny',
    position,
    ...(owner && { desiredId: owner.id, ...originOf(owner.words) }),
  };
}

/** What a pod must have for AWS to follow it. */
export interface Filter {
  readonly key: string;
  readonly value: string;
}

export function associationResource(name: string, mark: string, cluster: string, filters: readonly Filter[]): Resource {
  const spec = { cluster, filters: filters.map(({ key, value }) => ({ key, value })) };
  return { kind: kinds.association, name, spec, refs: [], effect: roleOf(mark), ...servedBy(mark) };
}

/** The lines of a rule resource. */
export function linesOf({ spec }: Resource): readonly string[] {
  return (spec['lines'] ?? []) as readonly string[];
}

/** What a pod must have for the association that a resource is to follow it. */
export function filtersOf({ spec }: Resource): readonly Filter[] {
  return objectsIn(spec['filters']).map(({ key, value }) => ({ key: textOf(key), value: textOf(value) }));
}
