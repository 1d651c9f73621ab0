import { subjects } from '../../../kit/common/ownership/marks.ts';
import { canonicalMembers } from '../../../kit/common/groups/members.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { AddressGroup } from '../../../src/core/model/desired.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import {
  addressTableOf,
  comment,
  memberComment,
  memberName,
  sentinelName,
  sourceName,
  tables,
  type GroupTable,
} from '../objects/names.ts';
import { groupResource, plainResource } from '../../../kit/common/ownership/resources.ts';
import { carrierOf, fillerOf, type Context } from './context.ts';
import { asNetwork } from '../../../src/net/cidr.ts';
import { familyOf } from '../../../src/net/address.ts';

/**
 * One feed, which holds both families, or a group for each family and an address object for each member. A group for a
 * family without members is there too: a policy names both, so that neither side of it can ever mean everyone, and the
 * first member is no change of rules.
 */
export function groupResources(group: AddressGroup, context: Context): Resource[] {
  const { owner, capabilities, config } = context;
  const members = canonicalMembers(group.members);
  const name = sourceName(owner, group.id);
  const words = comment(owner, subjects.group(group.role, group.id), group.title);
  if (carrierOf(capabilities, config) === 'pushFeed') {
    const spec = { comments: words, status: 'enable', type: 'address', 'update-method': 'push' };
    return [groupResource(tables.feed, name, { spec, mark: words, members })];
  }
  const spec = { comment: words };
  return ([tables.group, tables.group6] as const).flatMap((kind) => {
    const own = members.filter((member) => familyOf(member) === (kind === tables.group ? 4 : 6));
    const resource = groupResource(kind, name, {
      spec,
      mark: words,
      members: own,
      refs: groupRefs(kind, own, context),
    });
    return [...own.map((member) => memberAddress(member, owner)), resource];
  });
}

/** The address object of a member. */
export function memberAddress(member: string, owner: Owner): Resource {
  return addressResource(memberName(owner, member), asNetwork(member), memberComment(owner, member));
}

/** The address object of a network. */
export function addressResource(name: string, network: string, words: string): Resource {
  return familyOf(network) === 4
    ? plainResource(tables.address, name, { type: 'ipmask', subnet: network, comment: words })
    : plainResource(tables.address6, name, { type: 'ipprefix', ip6: network, comment: words });
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
  const words = comment(owner, 'nobody', 'stands in groups without members and matches nothing');
  return ['0.0.0.0/32', '::/128'].map((network) => addressResource(sentinelName(owner), network, words));
}
