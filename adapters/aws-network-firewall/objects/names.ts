import { createHash } from 'node:crypto';
import { deviceName, namePrefix, type Owner } from '../../../src/adapter/owner.ts';
import type { Role, Rule } from '../../../src/core/model/desired.ts';
import type { Family } from '../../../kit/common/groups/parts.ts';
import type { AwsConfig } from '../config.ts';

export const kinds = { list: 'prefix-list', rule: 'rule', group: 'rule-group' } as const;

/** An address that no packet has. */
export function fillerOf(family: Family): string {
  return family === 'IPv4' ? '0.0.0.0/32' : '::/128';
}

/** Whose objects: those of one cluster at one firewall, for an account may have several. */
export interface Scope {
  readonly owner: Owner;
  readonly config: Pick<AwsConfig, 'firewall'>;
}

/** Start of the name of every prefix list and rule group of ours at this firewall. */
export function scopePrefix({ owner, config }: Scope): string {
  const name = config.firewall.slice(config.firewall.lastIndexOf('/') + 1);
  return `${namePrefix(owner)}${hash(name).slice(0, 6)}-`;
}

/** @param part which part of a group that is larger than a list; empty: all of it */
export function listName(scope: Scope, role: Role, family: Family, id: string, part: string): string {
  const start = `${scopePrefix(scope)}${role === 'Accept' ? 'a' : 'd'}${family === 'IPv4' ? '4' : '6'}-${id}`;
  return part === '' ? start : `${start}-${part}`;
}

/** What rules call a prefix list, behind an `@`: letters, digits and underscores, 32 at most. */
export function referenceName(scope: Scope, list: string): string {
  return list.slice(scopePrefix(scope).length).replaceAll('-', '_').toUpperCase();
}

export function listOfReference(scope: Scope, reference: string): string {
  return scopePrefix(scope) + reference.toLowerCase().replaceAll('_', '-');
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
