import { createHash } from 'node:crypto';
import { deviceName, namePrefix, type Owner } from '../../../src/adapter/owner.ts';
import type { Role, Rule } from '../../../src/core/model/desired.ts';
import type { AzureConfig } from '../config.ts';

export const kinds = {
  group: 'ip-group',
  network: 'network-rule',
  application: 'application-rule',
  nat: 'nat-rule',
  followed: 'kube-selector-group',
} as const;

/** Stands in an IP group that would have no members: an address that no packet comes from. */
export const filler = '255.255.255.255';

/** Whose objects: those of one cluster at one policy, for a resource group may hold those of several. */
export interface Scope {
  readonly owner: Owner;
  readonly config: Pick<AzureConfig, 'subscriptionId' | 'resourceGroup' | 'policy'>;
}

/** The same text for the same policy, however it is spelled. */
export function placeOf({ subscriptionId, resourceGroup, policy }: Scope['config']): string {
  return `${subscriptionId}/${resourceGroup}/${policy}`.toLowerCase();
}

/** Start of the name of every IP group and kube selector group of ours for this policy. */
export function scopePrefix({ owner, config }: Scope): string {
  return `${namePrefix(owner)}${hash(placeOf(config), 6)}-`;
}

/** @param bits which part of a group that is larger than an IP group; empty: all of it */
export function groupName(scope: Scope, role: Role, id: string, bits: string): string {
  const name = `${scopePrefix(scope)}${role === 'Accept' ? 'a' : 'd'}-${id}`;
  return bits === '' ? name : `${name}-${bits}`;
}

/** A kube selector group. @param selectors its content: another one has another name */
export function followedName(scope: Scope, role: Role, id: string, selectors: string): string {
  return `${groupName(scope, role, id, '')}-k${hash(selectors, 8)}`;
}

/** Is it the name of a kube selector group, or of one in Azure? */
export function isFollowed(name: string): boolean {
  return /-k[0-9a-f]{8}(-[0-9a-f]{8})?$/.test(name);
}

/**
 * What a group with this content is called in Azure. Its content never changes: another one has another name.
 *
 * @param attempt from 1 on where the name before is taken by a group that another client has changed
 */
export function nativeName(group: string, content: Iterable<string>, attempt: number): string {
  return `${group}-${hash(`${attempt} ${[...content].sort().join(' ')}`, 8)}`;
}

/** The group that this is the content of; undefined: its name is none of these. */
export function groupOf(native: string): string | undefined {
  return /^(.+-[ad]-[0-9a-f]{12}(?:-[01]{1,12}|-k[0-9a-f]{8})?)-[0-9a-f]{8}$/.exec(native)?.[1];
}

/** Our rule collection group: one for each cluster. */
export function rulesName(owner: Owner): string {
  return `${namePrefix(owner)}rules`;
}

export function ruleName({ owner }: Pick<Scope, 'owner'>, rule: Rule): string {
  return deviceName(owner, rule.origin.name, `rule ${rule.id}`, 63);
}

export function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
