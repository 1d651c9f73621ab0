import { markedText, ourSubject } from '../../../kit/common/ownership/marks.ts';
import { deviceName, namePrefix, type Owner } from '../../../src/adapter/owner.ts';
import type { Rule } from '../../../src/core/model/desired.ts';

/** The tables we write to; a resource's kind is its table. */
export const tables = {
  address: 'firewall/address',
  address6: 'firewall/address6',
  group: 'firewall/addrgrp',
  group6: 'firewall/addrgrp6',
  service: 'firewall.service/custom',
  policy: 'firewall/policy',
  feed: 'system/external-resource',
  schedule: 'firewall.schedule/onetime',
} as const;
export type Table = (typeof tables)[keyof typeof tables];

/** An addrgrp and an addrgrp6 are separate tables with separate members; so are the addresses in them. */
export type GroupTable = typeof tables.group | typeof tables.group6;
export type AddressTable = typeof tables.address | typeof tables.address6;

export function addressTableOf(group: string): AddressTable {
  return group === tables.group6 ? tables.address6 : tables.address;
}

/** Names of FortiOS 6.4 end here (79 since 7.0); one name for all versions, so that an upgrade renames nothing. */
const objectNameSize = 63;
/** Policies and feeds have short names in every version. */
const shortNameSize = 35;

/** The group or feed that carries an address group of the desired state. */
export function sourceName(owner: Owner, id: string): string {
  return deviceName(owner, 'src', `group ${id}`, shortNameSize);
}

/** The address object of one member of a group. */
export function memberName(owner: Owner, member: string): string {
  return deviceName(owner, member, `member ${member}`, objectNameSize);
}

/** An object that is what its content says and never changes: the same content is the same object. */
export function contentName(owner: Owner, hint: string, content: string): string {
  return deviceName(owner, hint, content, objectNameSize);
}

/** The address that matches nothing, which keeps groups from being empty where FortiOS forbids that. */
export function sentinelName(owner: Owner): string {
  return `${namePrefix(owner)}none`;
}

/**
 * The schedule of rules that end at this minute since the epoch. Schedules have no comment for a mark and names of 31
 * characters: the name is the mark, for it says in full what the schedule is.
 */
export function scheduleName(owner: Owner, minute: number): string {
  return `${namePrefix(owner)}t${minute.toString(36)}`;
}

export function isScheduleName(owner: Owner, name: string): boolean {
  const start = namePrefix(owner);
  return name.startsWith(start) && /^t[0-9a-z]{4,6}$/.test(name.slice(start.length));
}

export function policyName(owner: Owner, rule: Rule): string {
  return deviceName(owner, rule.origin.name, `rule ${rule.id}`, shortNameSize);
}

const memberSubject = 'member';

/** Characters in a comment: policies have room for more words. */
const commentSize = { policy: 1023, others: 255 } as const;

/** A comment: our mark, and after it words for people out of characters that no FortiOS field refuses. */
export function comment(owner: Owner, subject: string, words = '', size: number = commentSize.others): string {
  return markedText(owner, subject, words, { size, refused: /[^A-Za-z0-9 ./:=,_*[\]-]+/g });
}

export function policyComment(owner: Owner, rule: Rule, words: string): string {
  return comment(owner, rule.id, words, commentSize.policy);
}

/** The comment of the address object of a member says which it is, so that it is known whatever its content becomes. */
export function memberComment(owner: Owner, member: string): string {
  return comment(owner, memberSubject, member);
}

/** The member that an address object of ours is for, as its comment says and its name confirms. */
export function memberIn(owner: Owner, name: string, text: string): string | undefined {
  if (ourSubject(owner, text) !== memberSubject) return undefined;
  const member = text.slice(text.lastIndexOf(' ') + 1);
  return memberName(owner, member) === name ? member : undefined;
}

/*
 * What stands in a group of ours without being the address of a member is `object <name>` among its members, which no
 * address is: a plan takes it out again.
 */
const unknownObjectPrefix = 'object ';

export function unknownObjectMember(name: string): string {
  return `${unknownObjectPrefix}${name}`;
}

export function isUnknownObject(member: string): boolean {
  return member.startsWith(unknownObjectPrefix);
}

/** What a native group holds for a member. */
export function nativeMember(owner: Owner, member: string): string {
  return isUnknownObject(member) ? member.slice(unknownObjectPrefix.length) : memberName(owner, member);
}
