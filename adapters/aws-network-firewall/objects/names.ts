import { createHash } from 'node:crypto';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import { deviceName, namePrefix, ownerMark, type Owner } from '../../../src/adapter/owner.ts';
import type { Role, Rule } from '../../../src/core/model/desired.ts';
import type { Family } from '../../../kit/common/groups/parts.ts';
import type { AwsConfig } from '../config.ts';

export const kinds = {
  list: 'prefix-list',
  association: 'container-association',
  set: 'ip-set',
  rule: 'rule',
  group: 'rule-group',
  /** Counted, and never a resource by itself. */
  line: 'rule-line',
} as const;

/** What rules write before the name of their sources: a reference to something beside the rule group, or a variable of it. */
export const sigils = { [kinds.list]: '@', [kinds.association]: '@', [kinds.set]: '$' } as const;

/** Kinds of what holds addresses. */
export type SourceKind = keyof typeof sigils;

/** What holds the addresses of workloads at this point. */
export function sourceKind({ sources }: Pick<AwsConfig, 'sources'>): SourceKind {
  return sources === 'inline' ? kinds.set : sources;
}

/** An address that no packet has. */
export function fillerOf(family: Family): string {
  return family === 'IPv4' ? '0.0.0.0/32' : '::/128';
}

/** Whose objects: those of one cluster at one firewall, for an account may have several. */
export interface Scope {
  readonly owner: Owner;
  readonly config: Pick<AwsConfig, 'firewall'>;
}

/** The name of what is called by its name or its ARN. */
export function nameIn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** Start of the name of every prefix list and rule group of ours at this firewall. */
export function scopePrefix({ owner, config }: Scope): string {
  return `${namePrefix(owner)}${hash(nameIn(config.firewall)).slice(0, 6)}-`;
}

/** @param part which part of a group that is larger than a list; empty: all of it */
export function listName(scope: Scope, role: Role, family: Family, id: string, part: string): string {
  const start = `${scopePrefix(scope)}${role === 'Accept' ? 'a' : 'd'}${family === 'IPv4' ? '4' : '6'}-${id}`;
  return part === '' ? start : `${start}-${part}`;
}

/** Of the pods of one namespace. */
export function associationName(scope: Scope, role: Role, id: string, namespace: string): string {
  return `${scopePrefix(scope)}${role === 'Accept' ? 'a' : 'd'}c-${id}-${hash(namespace).slice(0, 8)}`;
}

/** Is that what a rule calls a container association? */
export function isAssociation(reference: string): boolean {
  return /^[AD]C_/.test(reference);
}

/** What rules call what holds their sources, behind an `@` or a `$`: letters, digits and underscores, 32 at most. */
export function referenceName(scope: Scope, list: string): string {
  return list.slice(scopePrefix(scope).length).replaceAll('-', '_').toUpperCase();
}

export function listOfReference(scope: Scope, reference: string): string {
  return scopePrefix(scope) + reference.toLowerCase().replaceAll('_', '-');
}

const named = /^([ad])([46])-([0-9a-f]{12})(-[01]+)?$/;

/** Of what holds a group's addresses, by its name; undefined: it is no name of ours. */
export function familyIn(scope: Scope, name: string): Family | undefined {
  const family = named.exec(name.slice(scopePrefix(scope).length))?.[2];
  return family === undefined ? undefined : family === '4' ? 'IPv4' : 'IPv6';
}

/** What something without a text of its own is there for, by its name. */
export function markOf(scope: Scope, name: string): string {
  const [, role, , id = ''] = named.exec(name.slice(scopePrefix(scope).length)) ?? [];
  return ownerMark(scope.owner, subjects.group(role === 'd' ? 'Deny' : 'Accept', id));
}

export function ruleName({ owner }: Scope, rule: Rule): string {
  return deviceName(owner, rule.origin.name, `rule ${rule.id}`, 63);
}

/** The lowest number that is free. */
export function groupName(scope: Scope, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = `${scopePrefix(scope)}rules-${number}`;
    if (!taken.has(name)) return name;
  }
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
