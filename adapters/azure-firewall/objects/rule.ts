import { markedText, originIn, provenance, servedBy } from '../../../kit/common/ownership/marks.ts';
import { isObject, namesIn, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import { canonical, type Json, type JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { isFollowed, kinds } from './names.ts';

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

/** A rule in its one form. */
export interface KnownRule {
  readonly name: string;
  readonly spec: JsonObject;
}

/** Rules with the action of their collection, in the order in which they decide. */
export function rulesIn({ ruleCollections }: JsonObject): readonly KnownRule[] {
  const collections = objectsIn(ruleCollections);
  return [...collections]
    .sort((a, b) => Number(a['priority'] ?? 0) - Number(b['priority'] ?? 0))
    .flatMap((collection) => {
      const action = isObject(collection['action']) ? textOf(collection['action']['type']) : '';
      return objectsIn(collection['rules']).map((rule) => {
        const { name, ...rest } = rule;
        return { name: textOf(name), spec: ruleSpec({ ...rest, action }) };
      });
    });
}

/**
 * Names are unique only within a collection. A rule of a copied collection gets a number behind its name, so that it differs from the
 * rule before it.
 *
 * @param rules of one kind: a network rule and an application rule of Postern may share a name
 */
export function withUniqueNames(rules: readonly KnownRule[]): readonly KnownRule[] {
  const taken = new Set(rules.map(({ name }) => name));
  const seen = new Set<string>();
  return rules.map((rule) => {
    if (!seen.has(rule.name)) {
      seen.add(rule.name);
      return rule;
    }
    let number = 2;
    while (taken.has(`${rule.name}-${number}`)) number += 1;
    const name = `${rule.name}-${number}`;
    taken.add(name);
    return { ...rule, name };
  });
}

export function ruleResource(name: string, spec: JsonObject, position: number): Resource {
  return {
    kind: spec['ruleType'] === 'ApplicationRule' ? kinds.application : kinds.network,
    name,
    spec,
    refs: groupsIn(spec).map((group) => ({ kind: isFollowed(group) ? kinds.followed : kinds.group, name: group })),
    effect: spec['action'] === 'Allow' ? 'Accept' : 'Deny',
    position,
    ...servedBy(textOf(spec['description'])),
    ...originIn(textOf(spec['description'])),
  };
}

/** The groups that a rule names. */
export function groupsIn(spec: JsonObject): readonly string[] {
  return [...namesIn(spec['sourceIpGroups']), ...namesIn(spec['sourceKubeSelectorGroups'])];
}

/** The fields that name them. @param groups by name or id. Older versions of the API know one of the fields alone */
export function namingGroups(groups: readonly string[]): JsonObject {
  const followed = groups.filter((one) => (one.includes('/') ? /\/kubeSelectorGroups\//i.test(one) : isFollowed(one)));
  return {
    sourceIpGroups: groups.filter((one) => !followed.includes(one)),
    ...(followed.length > 0 && { sourceKubeSelectorGroups: followed }),
  };
}

/** Owner and origin of the rule, in characters without a meaning for terminals. */
export function description(owner: Owner, { id, origin }: Rule): string {
  return markedText(owner, id, provenance(origin), { size: 400, refused: /[^A-Za-z0-9 ._:/()[\]-]+/g });
}
