import { markedText } from '../../../kit/common/ownership/marks.ts';
import { deviceName, namePrefix, type Owner } from '../../../src/adapter/owner.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { F5AfmConfig } from '../config.ts';

/** The collections that we write to; a resource's kind is its collection below `/mgmt/tm`. */
export const tables = {
  addressList: 'security/firewall/address-list',
  portList: 'security/firewall/port-list',
  schedule: 'security/firewall/schedule',
  ruleList: 'security/firewall/rule-list',
  /** The ordered rules of our rule list. */
  rule: 'security/firewall/rule-list/rules',
  policy: 'security/firewall/policy',
  /** The one rule of a policy that refers to our rule list; its name is the policy's path and the rule's name. */
  entry: 'security/firewall/policy/rules',
  /** What a context enforces: not an object of ours, but a field that we fill and empty. */
  context: 'context',
} as const;
export type Table = (typeof tables)[keyof typeof tables];

const nameSize = 63;

/** The list that carries an address group of the desired state. */
export function sourceName(owner: Owner, id: string): string {
  return deviceName(owner, 'src', `group ${id}`, nameSize);
}

/** An object that is what its content says and never changes: the same content is the same object. */
export function contentName(owner: Owner, hint: string, content: string): string {
  return deviceName(owner, hint, content, nameSize);
}

/** A rule of the desired state takes one native rule for each protocol that it names. */
export function ruleName(owner: Owner, rule: Rule, protocol: string): string {
  return deviceName(owner, rule.origin.name, `rule ${rule.id} ${protocol}`, nameSize);
}

export function ruleListName(owner: Owner): string {
  return `${namePrefix(owner)}rules`;
}

export function ownPolicyName(owner: Owner): string {
  return `${namePrefix(owner)}policy`;
}

/** `/postern/pn-east-rules`. */
export function pathOf({ partition }: Pick<F5AfmConfig, 'partition'>, name: string): string {
  return `/${partition}/${name}`;
}

/** The policy that refers to our rule list: one of the user's, or one of our own. */
export function policyPath(config: F5AfmConfig, owner: Owner): string {
  return config.policy ?? pathOf(config, ownPolicyName(owner));
}

export function entryName(policy: string, owner: Owner): string {
  return `${policy}/${ruleListName(owner)}`;
}

/** `global`, `/Common/rd10`. */
export function contextNames({ context }: Pick<F5AfmConfig, 'context'>): readonly string[] {
  if (context === 'global') return [context];
  return 'routeDomain' in context ? [context.routeDomain] : context.virtualServers;
}

/** A description: our mark, and after it words for people out of characters that mean nothing in tmsh, JSON or HTML. */
export function description(owner: Owner, subject: string, words = ''): string {
  return markedText(owner, subject, words, { size: 255, refused: /[^A-Za-z0-9 ./:=,_-]+/g });
}
