import { markedText, provenance, servedBy } from '../../../kit/common/ownership/marks.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import { canonical, type Json, type JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { kinds } from './names.ts';

/**
 * A rule in its one form: the native one with the action of its collection, without what is empty, lists sorted; IP groups
 * by the name of the group whose content they are.
 */
export function ruleSpec(native: JsonObject): JsonObject {
  const entries = Object.entries(native).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(
    entries.map(([field, value]) => [
      field,
      Array.isArray(value)
        ? [...(value as readonly Json[])].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))
        : value,
    ]),
  );
}

function isEmpty(value: Json | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}

export function ruleResource(name: string, spec: JsonObject, position: number): Resource {
  return {
    kind: spec['ruleType'] === 'ApplicationRule' ? kinds.application : kinds.network,
    name,
    spec,
    refs: groupsIn(spec).map((group) => ({ kind: kinds.group, name: group })),
    effect: spec['action'] === 'Allow' ? 'Accept' : 'Deny',
    position,
    ...servedBy(textOf(spec['description'])),
  };
}

/** The groups that a rule names. */
export function groupsIn({ sourceIpGroups = [] }: JsonObject): readonly string[] {
  return sourceIpGroups as readonly string[];
}

/** Whose rule it is and where it comes from, in letters that mean nothing to anybody's terminal. */
export function description(owner: Owner, { id, origin }: Rule): string {
  return markedText(owner, id, provenance(origin), { size: 400, refused: /[^A-Za-z0-9 ._:/()[\]-]+/g });
}
