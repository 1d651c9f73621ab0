import type { Device } from '../../../kit/common/session.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Ask } from '../api/client.ts';
import type { AzureConfig } from '../config.ts';
import { rulesName } from '../objects/names.ts';

export type Azure = Device<Ask, AzureConfig>;

/** A state that ends by itself. */
export const underway: ReadonlySet<string> = new Set(['Updating', 'Creating', 'Deleting']);

/** Something in Azure by its id, as far as its state goes. */
export interface Held {
  readonly id: string;
  /** `Succeeded`, `Failed`, `Updating`, ...; empty: that was not to be read. */
  readonly state: string;
}

export interface KnownPolicy extends Held {
  readonly location: string;
  /** Whose rules ours become: firewalls of the policy and of the policies below it. */
  readonly firewalls: readonly Held[];
}

/** An IP group that has a name of ours. */
export interface NativeGroup extends Held {
  readonly name: string;
  readonly addresses: ReadonlySet<string>;
  readonly isOurs: boolean;
}

/** A rule in its one form (see `ruleSpec`). */
export interface KnownRule {
  readonly name: string;
  readonly spec: JsonObject;
}

/** What is kept to write without another read. */
export interface Known {
  readonly policy: KnownPolicy;
  /** Our rule collection group; undefined: there is none. */
  readonly rulesState: string | undefined;
  /** It has our name, and nothing in it is ours. */
  readonly areRulesForeign: boolean;
  /** Of it: as it is, or the first free one. */
  readonly priority: number;
  network: readonly KnownRule[];
  application: readonly KnownRule[];
  readonly natives: Map<string, NativeGroup>;
  /** By group, the IP group that is its content: the one that rules name. */
  current: ReadonlyMap<string, string>;
}

const network = 'providers/Microsoft.Network';

export function policyPath({ subscriptionId, resourceGroup, policy }: AzureConfig): string {
  return `${groupPath(subscriptionId, resourceGroup)}/${network}/firewallPolicies/${policy}`;
}

export function rulesPath({ config, owner }: Pick<Azure, 'config' | 'owner'>): string {
  return `${policyPath(config)}/ruleCollectionGroups/${rulesName(owner)}`;
}

/** @param name absent: all of them */
export function ipGroupPath(
  { subscriptionId, resourceGroup, ipGroupsResourceGroup = resourceGroup }: AzureConfig,
  name?: string,
): string {
  const all = `${groupPath(subscriptionId, ipGroupsResourceGroup)}/${network}/ipGroups`;
  return name === undefined ? all : `${all}/${name}`;
}

function groupPath(subscriptionId: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(name)}`;
}

/** What errors and the audit record call requests. */
export const templates = {
  policy: '/firewallPolicies/{policy}',
  rules: '/firewallPolicies/{policy}/ruleCollectionGroups/{group}',
  collectionGroups: '/firewallPolicies/{policy}/ruleCollectionGroups',
  ipGroup: '/ipGroups/{group}',
  ipGroups: '/ipGroups',
  firewall: '/azureFirewalls/{firewall}',
  operation: '/locations/{location}/operations/{operation}',
} as const;

/** The last part of an id. */
export function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
