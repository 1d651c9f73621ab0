import { canonicalMember, canonicalMembers } from '../../../kit/common/groups/members.ts';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { AddressGroup, Role } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { familyOf } from '../../../src/net/address.ts';
import { entryResource } from '../objects/entries.ts';
import type { PanosConfig } from '../config.ts';
import { description, kinds, tagName, timedTags } from '../objects/names.ts';
import type { Context } from './context.ts';

/** The tag with its addresses, and the dynamic address group of all that have it. */
export function groupResources(group: AddressGroup, { owner, config }: Context): Resource[] {
  const { id, role, title } = group;
  const name = tagName(owner, role, id);
  const tag = tagResource(name, { role, id }, canonicalMembers(group.members.filter(isRegistrable)));
  if (config.manage === 'tags') return [tag];
  const filter = isTimed(config, role) ? [name, ...timedTags(name)] : [name];
  const dynamic = { filter: filter.map((one) => `'${one}'`).join(' or ') };
  const spec = { dynamic, description: description(owner, subjects.group(role, id), title) };
  return [tag, entryResource(kinds.group, name, spec)];
}

/** Are addresses of such groups forgotten unless they are renewed? A denying group that forgets opens what it stopped. */
export function isTimed({ memberTimeoutSeconds }: Pick<PanosConfig, 'memberTimeoutSeconds'>, role: Role): boolean {
  return memberTimeoutSeconds !== undefined && role === 'Accept';
}

/** @param found it has the address that keeps it, and no member of it is due to be renewed */
export function tagResource(
  name: string,
  { role, id }: { readonly role: Role; readonly id: string },
  members: readonly string[],
  found = { kept: true, renewed: true },
): Resource {
  return { kind: kinds.tag, name, spec: found, members, refs: [], effect: role, desiredId: id };
}

/** Registered are addresses, and of IPv4 networks, too. Others stand in rules as address objects. */
export function isRegistrable(member: string): boolean {
  return familyOf(member) === 4 || !canonicalMember(member).includes('/');
}

/** Address objects beside the group. */
export function unregistrable(groups: readonly AddressGroup[]): ReadonlyMap<string, readonly string[]> {
  return new Map(groups.map(({ id, members }) => [id, members.filter((member) => !isRegistrable(member))]));
}

export function groupName(owner: Owner, role: Role, id: string): string {
  return tagName(owner, role, id);
}
