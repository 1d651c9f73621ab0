import { deviceName, namePrefix, ownerMark, readMark, type Owner } from '../../src/adapter/owner.ts';
import type { Role, Rule } from '../../src/core/model/desired.ts';
import type { F5AfmConfig } from './config.ts';

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

/** The list that holds the members of `root` whose hash begins with `digits`. */
export function shardName(root: string, digits: string): string {
  return `${root}-${digits}`;
}

export function isShardOf(root: string, name: string): boolean {
  return name.startsWith(`${root}-`) && /^[0-9a-f]+$/.test(name.slice(root.length + 1));
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

export const subjects = {
  group: (role: Role, id: string): string => `${role}/${id}`,
  shard: (root: string): string => `shard/${root}`,
} as const;

const descriptionSize = 255;

/** A description: our mark, and after it words for people out of characters that mean nothing in tmsh, JSON or HTML. */
export function description(owner: Owner, subject: string, words = ''): string {
  const plain = words.normalize('NFKD').replace(/[^A-Za-z0-9 ./:=,_-]+/g, '-');
  return `${ownerMark(owner, subject)} ${plain}`.slice(0, descriptionSize).trim();
}

/** What an object's description says about it, if it is this cluster's. */
export function ourSubject(owner: Owner, text: string): string | undefined {
  const mark = readMark(text);
  return mark?.cluster === owner.cluster ? mark.subject : undefined;
}

/** The rule or group that a mark names. */
export function servedBy(subject: string): { readonly desiredId?: string } {
  const id = subject.replace(/^(Accept|Deny)\//, '');
  return /^[0-9a-z]{12}$/.test(id) ? { desiredId: id } : {};
}

/** What a list's mark says that its members do. */
export function roleOf(subject: string): Role | 'None' {
  if (subject.startsWith('Accept/')) return 'Accept';
  return subject.startsWith('Deny/') ? 'Deny' : 'None';
}
