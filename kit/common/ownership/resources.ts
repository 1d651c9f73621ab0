import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import { roleOf, servedBy } from './marks.ts';

/** An object that by itself permits and stops nothing. */
export function plainResource(
  kind: string,
  name: string,
  spec: JsonObject,
  refs: readonly ResourceKey[] = [],
): Resource {
  return { kind, name, spec, refs, effect: 'None' };
}

/** What carries a group of addresses; what it is there for says its mark. */
export function groupResource(
  kind: string,
  name: string,
  group: {
    readonly spec: JsonObject;
    readonly mark: string;
    readonly members: readonly string[];
    readonly refs?: readonly ResourceKey[];
  },
): Resource {
  const { spec, mark, members, refs = [] } = group;
  return { kind, name, spec, members, refs, effect: roleOf(mark), ...servedBy(mark) };
}
