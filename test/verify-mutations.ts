import type { Json, JsonObject } from '../src/core/model/json.ts';
import { canonical } from '../src/core/model/json.ts';
import type { Resource } from '../src/core/model/resource.ts';

/** One change of one object, as a person would make it by hand. */
export interface Mutation {
  readonly what: string;
  readonly resources: readonly Resource[];
}

const stranger = '10.0.77.77';

/** Every way to delete, widen, narrow, reorder or retarget one object, by what other objects of its kind say. */
export function* mutationsOf(resources: readonly Resource[]): Iterable<Mutation> {
  for (const [at, resource] of resources.entries()) {
    const named = `${resource.kind} ${resource.name}`;
    const instead = (changed: Resource): readonly Resource[] => resources.with(at, changed);
    yield { what: `delete ${named}`, resources: resources.toSpliced(at, 1) };
    for (const [what, changed] of changesOf(resource, resources))
      yield { what: `${what} ${named}`, resources: instead(changed) };
    for (const [other, { kind, position }] of resources.entries()) {
      if (resource.position === undefined || kind !== resource.kind || position !== resource.position + 1) continue;
      const neighbour = resources[other];
      if (neighbour === undefined) continue;
      const swapped = instead({ ...resource, position }).with(other, { ...neighbour, position: resource.position });
      yield { what: `reorder ${named}`, resources: swapped };
    }
  }
}

function* changesOf(resource: Resource, all: readonly Resource[]): Iterable<readonly [string, Resource]> {
  const { kind, spec, members } = resource;
  const siblings = all.filter((other) => other.kind === kind && other !== resource);
  if (members !== undefined) {
    for (const member of members)
      yield [`take ${member} out of`, { ...resource, members: members.filter((one) => one !== member) }];
    const others = new Set([stranger, ...siblings.flatMap((other) => other.members ?? [])]);
    for (const member of others) {
      if (!members.includes(member))
        yield [`put ${member} into`, { ...resource, members: [...members, member].sort() }];
    }
  }
  for (const changed of variantsOf(
    spec,
    siblings.map((other) => other.spec),
  )) {
    yield [`edit (${changed.what})`, { ...resource, spec: changed.value as JsonObject }];
  }
}

interface Variant {
  readonly what: string;
  readonly value: Json;
}

/** The value with one field or item left out, or taken from where another of its kind has it. */
function* variantsOf(value: Json, siblings: readonly Json[]): Iterable<Variant> {
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    for (const [at, item] of items.entries()) {
      yield { what: `without ${canonical(item).slice(0, 60)}`, value: items.toSpliced(at, 1) };
      for (const { what, value: changed } of variantsOf(
        item,
        siblings.flatMap((one) => (Array.isArray(one) ? (one as readonly Json[]) : [])),
      )) {
        yield { what: `${at}.${what}`, value: items.with(at, changed) };
      }
    }
    const known = new Set(items.map(canonical));
    const others = new Map(
      siblings
        .flatMap((one) => (Array.isArray(one) ? (one as readonly Json[]) : []))
        .map((one) => [canonical(one), one]),
    );
    for (const [text, item] of others) {
      if (!known.has(text)) yield { what: `with ${text.slice(0, 60)}`, value: [...items, item] };
    }
    return;
  }
  if (isObject(value)) {
    for (const [field, inner] of Object.entries(value)) {
      const { [field]: _, ...rest } = value;
      yield { what: `no ${field}`, value: rest };
      const others = siblings.flatMap((one) => (isObject(one) && one[field] !== undefined ? [one[field]] : []));
      for (const { what, value: changed } of variantsOf(inner, others))
        yield { what: `${field}.${what}`, value: { ...value, [field]: changed } };
    }
    return;
  }
  const others = new Map(
    siblings.filter((one) => !Array.isArray(one) && !isObject(one)).map((one) => [canonical(one), one]),
  );
  for (const [text, other] of others) if (text !== canonical(value)) yield { what: `= ${text}`, value: other };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
