import { randomUUID } from 'node:crypto';
import type { FollowedPod } from '../../../../kit/simulator/traffic/pods.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';

export const region = 'eu-west-1';
export const account = '123456789012';

export interface PrefixList {
  readonly id: string;
  readonly name: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly maxEntries: number;
  readonly version: number;
  readonly state: string;
  /** The number of the request from which on what is in progress has ended. */
  readonly readyAt: number;
  readonly entries: ReadonlyMap<string, string>;
  /** What firewalls use: the entries as they were before what is in progress. */
  readonly inForce: ReadonlyMap<string, string>;
  readonly tags: Readonly<Record<string, string>>;
  readonly clientToken: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly id: string;
  readonly token: string;
  readonly description: string;
  readonly capacity: number;
  readonly tags: JsonObject[string];
  /** `RuleGroup` as it was sent. */
  readonly document: JsonObject;
  readonly changedAt: number;
}

export interface Policy {
  readonly token: string;
  /** `FirewallPolicy` as it was sent. */
  readonly document: JsonObject;
  readonly changedAt: number;
}

/* What stands in documents as it is here, and so is JSON, which no interface is. */

export type MonitoringConfiguration = Readonly<{
  ClusterArn: string;
  AttributeFilters?: readonly { readonly Key: string; readonly Value: string }[];
}>;

export interface Association {
  readonly name: string;
  readonly type: string;
  readonly configurations: readonly MonitoringConfiguration[];
  readonly description: string;
  readonly tags: JsonObject[string];
  readonly token: string;
  readonly status: string;
  /** The number of the request from which on what is in progress has ended. */
  readonly readyAt: number;
}

export interface FlowOperation {
  readonly id: string;
  /** A zone, or the ARN of an endpoint in another VPC. */
  readonly place: string;
  readonly sources: readonly string[];
  readonly type: 'FLOW_FLUSH' | 'FLOW_CAPTURE';
  readonly readyAt: number;
}

/** All there is in the account. A value: what changes is another one. */
export interface State {
  readonly lists: ReadonlyMap<string, PrefixList>;
  readonly associations: ReadonlyMap<string, Association>;
  /** What runs in the cluster. */
  /** Of the EKS cluster, as AWS learns of them. */
  readonly pods: readonly FollowedPod[];
  readonly groups: ReadonlyMap<string, RuleGroup>;
  readonly policy: Policy;
  /** What AWS tells of the policy, and of the endpoints in zones, that is not as it should be. */
  readonly troubles: { readonly policy?: JsonObject; readonly endpoint?: JsonObject };
  /** ARNs of the firewall's endpoints in other VPCs. */
  readonly endpoints: readonly string[];
  readonly operations: ReadonlyMap<string, FlowOperation>;
}

export const names = { firewall: 'edge', policy: 'edge-policy' } as const;

export const arns = {
  firewall: `arn:aws:network-firewall:${region}:${account}:firewall/${names.firewall}`,
  policy: `arn:aws:network-firewall:${region}:${account}:firewall-policy/${names.policy}`,
  group: (name: string) => `arn:aws:network-firewall:${region}:${account}:stateful-rulegroup/${name}`,
  association: (name: string) => `arn:aws:network-firewall:${region}:${account}:container-association/${name}`,
  endpoint: (id: string) => `arn:aws:network-firewall:${region}:${account}:vpc-endpoint-association/${id}`,
  list: (id: string) => `arn:aws:ec2:${region}:${account}:prefix-list/${id}`,
} as const;

export function delivered(policy: JsonObject): State {
  return {
    lists: new Map(),
    associations: new Map(),
    pods: [],
    groups: new Map(),
    policy: { token: randomUUID(), document: policy, changedAt: 0 },
    troubles: {},
    endpoints: [],
    operations: new Map(),
  };
}

/** What is in progress and due by now has ended. */
export function settled(state: State, now: number): State {
  const isDue = ({ readyAt }: { readonly readyAt: number }): boolean => readyAt <= now;
  const lists = [...state.lists.values()].some((list) => list.state.endsWith('-in-progress') && isDue(list));
  const associations = [...state.associations.values()].some((one) => one.status !== 'ACTIVE' && isDue(one));
  if (!lists && !associations) return state;
  return {
    ...state,
    ...(lists && { lists: settledLists(state.lists, isDue) }),
    ...(associations && { associations: settledAssociations(state.associations, isDue) }),
  };
}

type IsDue = (item: { readonly readyAt: number }) => boolean;

function settledLists(all: State['lists'], isDue: IsDue): State['lists'] {
  const lists = [...all].flatMap(([id, list]): [string, PrefixList][] => {
    if (!list.state.endsWith('-in-progress') || !isDue(list)) return [[id, list]];
    if (list.state.startsWith('delete')) return [];
    return [[id, { ...list, state: list.state.replace('in-progress', 'complete'), inForce: list.entries }]];
  });
  return new Map(lists);
}

function settledAssociations(all: State['associations'], isDue: IsDue): State['associations'] {
  const associations = [...all].flatMap(([name, one]): [string, Association][] => {
    if (!isDue(one)) return [[name, one]];
    return one.status === 'DELETING' ? [] : [[name, { ...one, status: 'ACTIVE' }]];
  });
  return new Map(associations);
}

/** Names of rule groups and ids of prefix lists that a document refers to. */
export function referencesOf(document: JsonObject): readonly (readonly [string, string])[] {
  const sets = document['ReferenceSets'] as
    { readonly IPSetReferences?: Readonly<Record<string, { readonly ReferenceArn?: string }>> } | undefined;
  return Object.entries(sets?.IPSetReferences ?? {}).map(([name, { ReferenceArn = '' }]) => [name, ReferenceArn]);
}

export function variablesIn(
  document: JsonObject,
): Readonly<Record<string, { readonly Definition: readonly string[] }>> {
  const variables = document['RuleVariables'] as { readonly IPSets?: ReturnType<typeof variablesIn> } | undefined;
  return variables?.IPSets ?? {};
}

/** What may stand for addresses in the rules of a document, with the characters of its values. */
export function sidesIn(document: JsonObject): ReadonlyMap<string, number> {
  const variables = Object.entries(variablesIn(document));
  return new Map([
    ...referencesOf(document).map(([name]): [string, number] => [`@${name}`, 0]),
    ...variables.map(([name, { Definition }]): [string, number] => [`$${name}`, Definition.join(',').length]),
  ]);
}

/** The rules of a group as text. */
export function textOf(document: JsonObject): string {
  return (document['RulesSource'] as { readonly RulesString?: string } | undefined)?.RulesString ?? '';
}

export type GroupReference = Readonly<{ ResourceArn: string; Priority?: number }>;

export function attachedGroups({ document }: Policy): readonly GroupReference[] {
  return listIn(document, 'StatefulRuleGroupReferences');
}

export type Entry = Readonly<{ Cidr: string; Description?: string }>;

/** Items of the lists that are read here, by the member that holds them. */
interface Lists {
  readonly AddEntry: Entry;
  readonly Entry: Entry;
  readonly ContainerMonitoringConfigurations: MonitoringConfiguration;
  readonly Filter: { readonly Name: string; readonly Value: readonly string[] };
  readonly FlowFilters: { readonly SourceAddress?: { readonly AddressDefinition: string } };
  readonly RemoveEntry: Entry;
  readonly StatefulRuleGroupReferences: GroupReference;
  readonly TagSpecification: { readonly Tag?: readonly { readonly Key: string; readonly Value?: string }[] };
}

/** A list in a request or document; `validate` has held its items to their shape. Absent: empty. */
export function listIn<K extends keyof Lists>(document: JsonObject, name: K): readonly Lists[K][] {
  return (document[name] ?? []) as readonly Lists[K][];
}
