import { isObject, namesIn, objectOf, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { roleOf, servedBy } from '../../../kit/common/ownership/marks.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { kinds } from './names.ts';
import type { GroupSubject } from '../../../src/core/model/desired.ts';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';

/* The pods of a kube selector group: a text with a selector for each namespace. */

/** Kubernetes sets this label on every namespace, and no user can change it. */
const nameLabel = 'kubernetes.io/metadata.name';

export interface Followed {
  readonly namespaces: readonly string[];
  /** Undefined: every pod. */
  readonly podSelector: GroupSubject['podSelector'] | undefined;
}

/** As Azure is told. */
export function selectorsOf({ namespaces, podSelector }: Followed): JsonObject {
  const named = { key: nameLabel, operator: 'In', values: [...namespaces].sort() };
  return shapeOf({ namespaceSelector: { matchExpressions: [named] }, ...(podSelector && { podSelector }) });
}

/** A kube selector group. @param mark what it is there for */
export function followedResource(name: string, selectors: JsonObject, mark: string): Resource {
  return { ...plainResource(kinds.followed, name, selectors), effect: roleOf(mark), ...servedBy(mark) };
}

/** Selectors in canonical form. */
export function shapeOf(properties: Readonly<Record<string, unknown>>): JsonObject {
  const own = properties as JsonObject;
  const [namespaceSelector, podSelector] = [selectorIn(own['namespaceSelector']), selectorIn(own['podSelector'])];
  return { ...(namespaceSelector && { namespaceSelector }), ...(podSelector && { podSelector }) };
}

function selectorIn(value: JsonObject[string] | undefined): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  const matchLabels = objectOf(value['matchLabels']);
  const matchExpressions = objectsIn(value['matchExpressions'])
    .map(({ key = '', operator = '', values }) => ({
      ...{ key, operator },
      ...(namesIn(values).length > 0 && { values: namesIn(values).sort() }),
    }))
    .sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
  const selector = {
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  };
  return Object.keys(selector).length === 0 ? undefined : selector;
}

/** The pods of selectors in Postern's form; undefined: the text is not understood. */
export function followedBy(selectors: JsonObject): Followed | undefined {
  const { matchLabels, matchExpressions } = objectOf(selectors['namespaceSelector']);
  const [named, ...more] = objectsIn(matchExpressions);
  const isOurs = matchLabels === undefined && more.length === 0 && named?.['key'] === nameLabel;
  if (!isOurs || textOf(named['operator']) !== 'In') return undefined;
  return { namespaces: namesIn(named['values']), podSelector: selectors['podSelector'] as Followed['podSelector'] };
}
