import { canonical } from '../../model/json.ts';
import { keyOf, type Resource } from '../../model/resource.ts';
import type { BegunRecord } from '../record.ts';

/**
 * Was a write done, according to a later reading of the device? For writes without an answer, after which nothing else
 * was written.
 *
 * @param observed all our objects on the device, from a complete reading
 */
export function wasApplied(write: BegunRecord, observed: ReadonlyMap<string, Resource>): boolean {
  const found = observed.get(keyOf(write));
  switch (write.op) {
    case 'delete':
      return found === undefined;
    case 'create':
      return found !== undefined && hasMembers(write, found);
    case 'update':
      return found !== undefined && canonical(found.spec) === canonical(write.after);
    case 'members':
      return found !== undefined && hasMembers(write, found);
    case 'move':
      return found !== undefined && isBehind(write.placeAfter ?? null, found, observed);
  }
}

function hasMembers({ add = [], remove = [] }: BegunRecord, { members = [] }: Resource): boolean {
  const has = new Set(members);
  return add.every((member) => has.has(member)) && !remove.some((member) => has.has(member));
}

function isBehind(name: string | null, { kind, position }: Resource, observed: ReadonlyMap<string, Resource>): boolean {
  if (name === null) return position === 0;
  const before = observed.get(keyOf({ kind, name }))?.position;
  return before !== undefined && position === before + 1;
}
