import { deviceName, namePrefix, ownerMark, readMark, type Owner } from '../../src/adapter/owner.ts';
import type { Role, Rule } from '../../src/core/model/desired.ts';

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

/** The group that holds the members of `root` whose hash begins with `digits`. */
export function shardName(root: string, digits: string): string {
  return `${root}-${digits}`;
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

export const subjects = {
  group: (role: Role, id: string): string => `${role}/${id}`,
  shard: (root: string): string => `shard/${root}`,
  member: 'member',
} as const;

/** A comment: our mark, and after it words for people out of characters that no FortiOS field refuses. */
export function comment(owner: Owner, subject: string, words: string, limit: number): string {
  const plain = words.normalize('NFKD').replace(/[^A-Za-z0-9 ./:=,_*[\]-]+/g, '-');
  return `${ownerMark(owner, subject)} ${plain}`.slice(0, limit).trim();
}

/** What an object's comment says about it, if it is this cluster's. */
export function ourSubject(owner: Owner, text: string): string | undefined {
  const mark = readMark(text);
  return mark?.cluster === owner.cluster ? mark.subject : undefined;
}

/** The rule or group that the mark of a policy, a group or a feed names. */
export function servedBy(subject: string): { readonly desiredId?: string } {
  const id = subject.replace(/^(Accept|Deny)\//, '');
  return id === '' ? {} : { desiredId: id };
}

/** What a group's mark says that its members do. */
export function roleOf(subject: string): Role | 'None' {
  if (subject.startsWith('Accept/')) return 'Accept';
  return subject.startsWith('Deny/') ? 'Deny' : 'None';
}

/** The member that an address object of ours is for, as its comment says and its name confirms. */
export function memberIn(owner: Owner, name: string, text: string): string | undefined {
  if (ourSubject(owner, text) !== subjects.member) return undefined;
  const member = text.slice(text.lastIndexOf(' ') + 1);
  return memberName(owner, member) === name ? member : undefined;
}
