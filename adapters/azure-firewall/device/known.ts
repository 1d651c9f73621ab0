import type { Device } from '../../../kit/common/session.ts';
import type { Ask } from '../api/client.ts';
import type { AzureConfig } from '../config.ts';
import { rulesName } from '../objects/names.ts';
import type { KnownRule } from '../objects/rule.ts';

export type Azure = Device<Ask, AzureConfig>;

/** A state that ends by itself. */
export const statesInProgress: ReadonlySet<string> = new Set(['Updating', 'Creating', 'Deleting']);

/** Something in Azure by its id, as far as its state goes. */
export interface Held {
  readonly id: string;
  /** `Succeeded`, `Failed`, `Updating`, ...; empty: that was not to be read. */
  readonly state: string;
}

export interface KnownFirewall extends Held {
  /** Does it know a cluster whose pods it follows? */
  readonly followsPods: boolean;
}

export interface KnownPolicy extends Held {
  readonly location: string;
  /** Whose rules ours become: firewalls of the policy and of the policies below it. */
  readonly firewalls: readonly KnownFirewall[];
}

/** An IP group or kube selector group that has a name of ours. */
export interface NativeGroup extends Held {
  readonly name: string;
  /** Addresses; of a kube selector group the one text of its selectors. */
  readonly content: ReadonlySet<string>;
  readonly isOurs: boolean;
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
  /** By group, what is its content in Azure: the one that rules name. */
  current: ReadonlyMap<string, string>;
}

const network = 'providers/Microsoft.Network';

export function policyPath({ subscriptionId, resourceGroup, policy }: AzureConfig): string {
  return `${groupPath(subscriptionId, resourceGroup)}/${network}/firewallPolicies/${policy}`;
}

export function rulesPath({ config, owner }: Pick<Azure, 'config' | 'owner'>): string {
  return `${policyPath(config)}/ruleCollectionGroups/${rulesName(owner)}`;
}

export function ipGroupsPath(config: AzureConfig): string {
  const { subscriptionId, resourceGroup, ipGroupsResourceGroup = resourceGroup } = config;
  return `${groupPath(subscriptionId, ipGroupsResourceGroup)}/${network}/ipGroups`;
}

export function selectorGroupsPath(config: AzureConfig): string {
  return `${policyPath(config)}/kubeSelectorGroups`;
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
  selectorGroup: '/firewallPolicies/{policy}/kubeSelectorGroups/{group}',
  selectorGroups: '/firewallPolicies/{policy}/kubeSelectorGroups',
  firewall: '/azureFirewalls/{firewall}',
  operation: '/locations/{location}/operations/{operation}',
} as const;

/** The last part of an id. */
export function nameIn(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
