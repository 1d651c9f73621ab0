import { createHash } from 'node:crypto';
import { deviceName, namePrefix, type Owner } from '../../../src/adapter/owner.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Family } from '../../../kit/common/groups/parts.ts';
import type { GcpConfig } from '../config.ts';

export const kinds = { group: 'address-group', rule: 'firewall-rule' } as const;

/** Source of a rule without members, which is disabled as well: networks for documentation, and the discard-only network. */
export const fillers: Readonly<Record<Family, string>> = { IPv4: '192.0.2.0/32', IPv6: '100::/128' };

/** Whose objects: those of one cluster at one policy, for a project may hold those of several. */
export interface Scope {
  readonly owner: Owner;
  readonly config: Pick<GcpConfig, 'project' | 'region' | 'policy'>;
}

export function placeOf({ project, region = 'global', policy }: Scope['config']): string {
  return `${project}/${region}/${policy}`;
}

/** Start of the name of every address group of ours for this policy. */
export function scopePrefix({ owner, config }: Scope): string {
  return `${namePrefix(owner)}${hash(placeOf(config), 6)}-`;
}

/** An address group is called after what is in it: another content is another group. */
export function groupName(scope: Scope, networks: readonly string[]): string {
  return `${scopePrefix(scope)}${hash(networks.join(' '), 16)}`;
}

/** Leaves room for the family, the part and the number of a native rule, which may have 63 letters. */
const longestRuleName = 40;

export function ruleName({ owner }: Pick<Scope, 'owner'>, { id, origin }: Rule): string {
  return deviceName(owner, origin.name.replaceAll('.', '-'), `rule ${id}`, longestRuleName).toLowerCase();
}

/**
 * A rule becomes one native rule for each family, for each part of its sources, and for each part of its destinations.
 *
 * @param bits which part of the sources; empty: all of them
 */
export function nativeName(rule: string, family: Family, bits: string, destination: number): string {
  const part = bits === '' ? '' : `-${bits}`;
  return `${rule}-${family === 'IPv4' ? 'v4' : 'v6'}${part}${destination === 0 ? '' : `-d${destination}`}`;
}

export function familyIn(nativeName: string): Family {
  return /-v6(-[01]{1,12})?(-d\d+)?$/.test(withoutPriority(nativeName)) ? 'IPv6' : 'IPv4';
}

/** What a rule is called here that bears a name which another has already: Google takes names twice. */
export function withPriority(nativeName: string, priority: number): string {
  return `${nativeName}#${priority}`;
}

export function withoutPriority(name: string): string {
  return name.replace(/#\d+$/, '');
}

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
