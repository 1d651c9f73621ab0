import { withItem } from '../../../../kit/simulator/held-state.ts';
import { randomUUID } from 'node:crypto';
import { textOf as plain } from '../../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { Failure } from '../../../../kit/simulator/aws/calls.ts';
import { invalidRequest } from '../api/calls.ts';
import { rulesIn } from '../packet/rules.ts';
import {
  arns,
  attachedGroups,
  referencesOf,
  sidesIn,
  textOf,
  variablesIn,
  type RuleGroup,
  type State,
} from './state.ts';

/* Stateful rule groups, by the Network Firewall API reference and its developer guide ("Quotas", "Managing your own rule groups"). */

const quotas = { groups: 50, capacity: 30_000, references: 5, associations: 30 } as const;

interface Answered {
  readonly state: State;
  readonly output: JsonObject;
}

export function createGroup(state: State, input: JsonObject, now: number): Answered {
  const { RuleGroupName: name, Capacity: capacity, Description: description = '', Tags: tags = [] } = input;
  if (typeof name !== 'string' || typeof capacity !== 'number') throw new RangeError('the shapes were checked');
  if (state.groups.has(name))
    throw invalidRequest('A resource with the specified name already exists', 'RuleGroupName', name);
  if (capacity < 1 || capacity > quotas.capacity)
    throw invalidRequest('Capacity is out of range', 'Capacity', String(capacity));
  if (state.groups.size >= quotas.groups)
    throw new Failure('LimitExceededException', `there are ${quotas.groups} rule groups`);
  const document = documentIn(input);
  checkDocument(state, document, capacity);
  const group: RuleGroup = {
    name,
    capacity,
    tags,
    document,
    id: randomUUID(),
    token: randomUUID(),
    description: plain(description),
    changedAt: now,
  };
  const after = input['DryRun'] === true ? state : { ...state, groups: withItem(state.groups, name, group) };
  return { state: after, output: { UpdateToken: group.token, RuleGroupResponse: described(state, group) } };
}

export function updateGroup(state: State, input: JsonObject, now: number): Answered {
  const group = find(state, input);
  if (input['UpdateToken'] !== group.token)
    throw new Failure('InvalidTokenException', 'The token you provided is stale or is not valid');
  if (input['Rules'] !== undefined)
    throw invalidRequest('Rules is not allowed for a rule group with strict order', 'Rules', group.name);
  const document = documentIn(input);
  if (orderOf(document) !== orderOf(group.document))
    throw invalidRequest('RuleOrder cannot be changed', 'StatefulRuleOptions', group.name);
  checkDocument(state, document, group.capacity);
  if (input['DryRun'] === true)
    return { state, output: { UpdateToken: group.token, RuleGroupResponse: described(state, group) } };
  const description = plain(input['Description'] ?? group.description);
  const after = { ...group, document, description, token: randomUUID(), changedAt: now };
  const next = { ...state, groups: withItem(state.groups, group.name, after) };
  return { state: next, output: { UpdateToken: after.token, RuleGroupResponse: described(next, after) } };
}

export function deleteGroup(state: State, input: JsonObject): Answered {
  const group = find(state, input);
  if (isAttached(state, group.name)) {
    throw new Failure(
      'InvalidOperationException',
      `Unable to delete the object because it is still in use, parameter: [${arns.group(group.name)}]`,
    );
  }
  return {
    state: { ...state, groups: withItem(state.groups, group.name, undefined) },
    output: { RuleGroupResponse: { ...described(state, group), RuleGroupStatus: 'DELETING' } },
  };
}

export function describeGroup(state: State, input: JsonObject): JsonObject {
  const group = find(state, input);
  return { UpdateToken: group.token, RuleGroup: group.document, RuleGroupResponse: described(state, group) };
}

export function describeMetadata(state: State, input: JsonObject): JsonObject {
  const { name, capacity } = find(state, input);
  return { RuleGroupArn: arns.group(name), RuleGroupName: name, Type: 'STATEFUL', Capacity: capacity };
}

export function listGroups({ groups }: State, input: JsonObject): JsonObject {
  const isNone = input['Scope'] === 'MANAGED' || (input['Type'] ?? 'STATEFUL') !== 'STATEFUL';
  const rows = isNone ? [] : [...groups.keys()].sort().map((name) => ({ Name: name, Arn: arns.group(name) }));
  const from = Number(input['NextToken'] ?? 0);
  const to = from + Number(input['MaxResults'] ?? 100);
  return { RuleGroups: rows.slice(from, to), ...(to < rows.length && { NextToken: String(to) }) };
}

export function orderOf(document: JsonObject): string {
  return (
    (document['StatefulRuleOptions'] as { readonly RuleOrder?: string } | undefined)?.RuleOrder ??
    'DEFAULT_ACTION_ORDER'
  );
}

function find(state: State, input: JsonObject): RuleGroup {
  const { RuleGroupName: name, RuleGroupArn: arn, Type: type } = input;
  if (name === undefined && arn === undefined)
    throw invalidRequest('RuleGroupName or RuleGroupArn is required', 'RuleGroupName', '');
  if (arn === undefined && type === undefined)
    throw invalidRequest('Type is required with a name', 'Type', plain(name));
  const found = [...state.groups.values()].find((group) => group.name === name || arns.group(group.name) === arn);
  if (found === undefined) throw new Failure('ResourceNotFoundException', 'Unable to find the rule group');
  return found;
}

function documentIn(input: JsonObject): JsonObject {
  const { RuleGroup: document, Rules: rules, Type: type } = input;
  if (type !== undefined && type !== 'STATEFUL')
    throw invalidRequest('only STATEFUL is simulated', 'Type', plain(type));
  if ((document === undefined) === (rules === undefined))
    throw invalidRequest('either RuleGroup or Rules is required', 'RuleGroup', '');
  return document === undefined ? { RulesSource: { RulesString: rules ?? '' } } : (document as JsonObject);
}

function checkDocument(state: State, document: JsonObject, capacity: number): void {
  const references = referencesOf(document);
  const followed = references.filter(([, arn]) => arn.includes(':container-association/')).length;
  if (followed > 0 && followed < references.length)
    throw invalidRequest('IP sets and container associations cannot be mixed', 'ReferenceSets', String(followed));
  const most = followed > 0 ? quotas.associations : quotas.references;
  if (references.length > most) {
    throw invalidRequest(`a rule group holds ${most} IP set references`, 'ReferenceSets', String(references.length));
  }
  for (const [name, arn] of references) {
    const isThere =
      [...state.lists.keys()].some((id) => arns.list(id) === arn) ||
      [...state.associations.keys()].some((one) => arns.association(one) === arn);
    if (!isThere) throw invalidRequest('the referenced IP set does not exist', name, arn);
  }
  const empty = Object.entries(variablesIn(document)).find(([, { Definition }]) => Definition.length === 0);
  if (empty !== undefined) throw invalidRequest('no addresses left in the variable', empty[0], 'RuleVariables');
  const source = document['RulesSource'] as { readonly RulesString?: string };
  if (source.RulesString === undefined || source.RulesString.trim() === '') {
    throw invalidRequest('a rule group needs rules, and only RulesString is simulated', 'RulesSource', '');
  }
  const rules = rulesIn(source.RulesString, sidesIn(document));
  if (typeof rules === 'string') throw invalidRequest(rules, 'RulesString', 'RulesSource');
  if (rules.length > capacity)
    throw invalidRequest(`${rules.length} rules are more than the capacity ${capacity}`, 'Capacity', 'RulesSource');
}

function described(state: State, group: RuleGroup): JsonObject {
  return {
    RuleGroupArn: arns.group(group.name),
    RuleGroupName: group.name,
    RuleGroupId: group.id,
    Description: group.description,
    Type: 'STATEFUL',
    Capacity: group.capacity,
    ConsumedCapacity: textOf(group.document)
      .split('\n')
      .filter((line) => line.trim() !== '').length,
    NumberOfAssociations: isAttached(state, group.name) ? 1 : 0,
    RuleGroupStatus: 'ACTIVE',
    Tags: group.tags,
  };
}

function isAttached({ policy }: State, name: string): boolean {
  return attachedGroups(policy).some(({ ResourceArn }) => ResourceArn === arns.group(name));
}
