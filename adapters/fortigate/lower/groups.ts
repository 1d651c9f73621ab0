import type { Owner } from '../../../src/adapter/owner.ts';
import type { AddressGroup } from '../../../src/core/model/desired.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import {
  addressTableOf,
  comment,
  memberName,
  sentinelName,
  sourceName,
  subjects,
  tables,
  type AddressTable,
  type GroupTable,
} from '../names.ts';
import { canonicalMember, familyOf, feedResource, groupResource, plainResource } from '../native.ts';
import { carrierOf, fillerOf, type Context } from './carrier.ts';

const commentSize = 255;

/**
 * One feed, which holds both families, or a group for each family and an address object for each member. A group for a
 * family without members is there too: a policy names both, so that neither side of it can ever mean everyone, and the
 * first member is no change of rules.
 */
export function groupResources(group: AddressGroup, context: Context): Resource[] {
  const { owner, capabilities, config } = context;
  const members = [...new Set(group.members.map(canonicalMember))].sort();
  const name = sourceName(owner, group.id);
  const subject = subjects.group(group.role, group.id);
  const words = comment(owner, subject, group.title, commentSize);
  if (carrierOf(capabilities, config) === 'pushFeed') {
    const spec = { comments: words, status: 'enable', type: 'address', 'update-method': 'push' };
    return [{ ...feedResource(name, { spec, subject, members }), title: group.title }];
  }
  const spec = { comment: words, exclude: 'disable' };
  return ([tables.group, tables.group6] as const).flatMap((kind) => {
    const family = kind === tables.group ? 4 : 6;
    const own = members.filter((member) => familyOf(member) === family);
    const row = { spec, subject, members: own };
    const refs = groupRefs(kind, own, context);
    const resource = { ...groupResource({ kind, name }, row, refs), title: group.title };
    return [...own.map((member) => memberAddress(member, owner)), resource];
  });
}

/** The address object of a member; its comment says which it is, so that it is known whatever its content becomes. */
export function memberAddress(member: string, owner: Owner): Resource {
  const words = comment(owner, subjects.member, member, commentSize);
  const name = memberName(owner, member);
  if (familyOf(member) === 4) {
    const subnet = member.includes('/') ? member : `${member}/32`;
    return plainResource(tables.address, name, { type: 'ipmask', subnet, comment: words });
  }
  const ip6 = member.includes('/') ? member : `${member}/128`;
  return plainResource(tables.address6, name, { type: 'ipprefix', ip6, comment: words });
}

/** A group needs its addresses, and the filler wherever it may have to hold it. */
export function groupRefs(
  kind: GroupTable,
  members: readonly string[],
  device: Pick<Context, 'capabilities' | 'owner'>,
): ResourceKey[] {
  const filler = fillerOf(device);
  const names = [
    ...(filler === undefined ? [] : [filler]),
    ...members.map((member) => memberName(device.owner, member)),
  ];
  return names.map((name) => ({ kind: addressTableOf(kind), name }));
}

/** Addresses that no packet has, for groups that would be empty on a device that forbids it. */
export function sentinels({ owner }: Context): Resource[] {
  const words = comment(owner, 'nobody', 'stands in groups without members and matches nothing', commentSize);
  const sentinel = (kind: AddressTable, value: Readonly<Record<string, string>>): Resource =>
    plainResource(kind, sentinelName(owner), { ...value, comment: words });
  return [
    sentinel(tables.address, { type: 'ipmask', subnet: '0.0.0.0/32' }),
    sentinel(tables.address6, { type: 'ipprefix', ip6: '::/128' }),
  ];
}
