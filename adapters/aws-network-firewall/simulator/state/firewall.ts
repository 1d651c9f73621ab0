import { withItem } from '../../../../kit/simulator/held-state.ts';
import { randomUUID } from 'node:crypto';
import { textOf } from '../../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { Failure } from '../../../../kit/simulator/aws/calls.ts';
import { invalidRequest } from '../api/calls.ts';
import { orderOf } from './rule-groups.ts';
import { arns, attachedGroups, listIn, names, referencesOf, type FlowOperation, type State } from './state.ts';

/* The firewall, its policy and its flows, by the Network Firewall API reference. */

const quotas = { groups: 20, capacity: 30_000, cidrs: 1_000_000, filters: 20 } as const;

interface Answered {
  readonly state: State;
  readonly output: JsonObject;
}

export function describePolicy({ policy, troubles }: State, input: JsonObject): JsonObject {
  isOurs(input, 'FirewallPolicyName', 'FirewallPolicyArn', names.policy, arns.policy);
  const FirewallPolicyResponse = { ...policyResponse, ...troubles.policy };
  return { UpdateToken: policy.token, FirewallPolicy: policy.document, FirewallPolicyResponse };
}

export function updatePolicy(state: State, input: JsonObject, now: number): Answered {
  isOurs(input, 'FirewallPolicyName', 'FirewallPolicyArn', names.policy, arns.policy);
  if (input['UpdateToken'] !== state.policy.token)
    throw new Failure('InvalidTokenException', 'The token you provided is stale or is not valid');
  const document = input['FirewallPolicy'] as JsonObject;
  const policy = { token: randomUUID(), document, changedAt: now };
  const order = engineOrder(document);
  const references = attachedGroups(policy);
  if (references.length > quotas.groups)
    throw invalidRequest(
      `a policy holds ${quotas.groups} stateful rule groups`,
      'StatefulRuleGroupReferences',
      String(references.length),
    );
  const priorities = references.map(({ Priority }) => Priority);
  if (order !== 'STRICT_ORDER' && priorities.some((priority) => priority !== undefined)) {
    throw invalidRequest('Priority cannot be provided', 'Priority', 'StatefulRuleGroupReferences');
  }
  if (order === 'STRICT_ORDER' && (priorities.includes(undefined) || new Set(priorities).size < priorities.length)) {
    throw invalidRequest('Priority must be given and unique', 'Priority', 'StatefulRuleGroupReferences');
  }
  let capacity = 0;
  for (const { ResourceArn } of references) {
    const group = [...state.groups.values()].find(({ name }) => arns.group(name) === ResourceArn);
    if (group === undefined) throw invalidRequest('the rule group does not exist', 'ResourceArn', ResourceArn);
    if (orderOf(group.document) !== order)
      throw invalidRequest('RuleOrder of the rule group is not that of the policy', 'ResourceArn', ResourceArn);
    capacity += group.capacity;
  }
  if (capacity > quotas.capacity)
    throw invalidRequest(
      `the rule groups need ${capacity} of ${quotas.capacity}`,
      'Capacity',
      'StatefulRuleGroupReferences',
    );
  return { state: { ...state, policy }, output: { UpdateToken: policy.token, FirewallPolicyResponse: policyResponse } };
}

export function engineOrder(policy: JsonObject): string {
  return (
    (policy['StatefulEngineOptions'] as { readonly RuleOrder?: string } | undefined)?.RuleOrder ??
    'DEFAULT_ACTION_ORDER'
  );
}

/** @param lags of each zone, in requests: how long it takes to follow */
export function describeFirewall(
  state: State,
  input: JsonObject,
  now: number,
  lags: ReadonlyMap<string, number>,
): JsonObject {
  isOurs(input, 'FirewallName', 'FirewallArn', names.firewall, arns.firewall);
  const attached = new Set(attachedGroups(state.policy).map(({ ResourceArn }) => ResourceArn));
  const groups = [...state.groups.values()].filter(({ name }) => attached.has(arns.group(name)));
  const objects = [
    { arn: arns.policy, ...state.policy },
    ...groups.map((group) => ({ arn: arns.group(group.name), ...group })),
  ];
  const zones = [...lags].map(([zone, lag], at) => {
    const config = objects.map(({ arn, token, changedAt }) => [
      arn,
      { SyncStatus: changedAt + lag <= now ? 'IN_SYNC' : 'PENDING', UpdateToken: token },
    ]);
    const EndpointId = `vpce-0000000${at}`;
    const Attachment = { SubnetId: `subnet-0000000${at}`, EndpointId, Status: 'READY', ...state.troubles.endpoint };
    return [zone, { Attachment, Config: Object.fromEntries(config) as JsonObject }] as const;
  });
  const isPending = objects.some(({ changedAt }) => [...lags.values()].some((lag) => changedAt + lag > now));
  return {
    UpdateToken: state.policy.token,
    Firewall: {
      FirewallName: names.firewall,
      FirewallArn: arns.firewall,
      FirewallPolicyArn: arns.policy,
      VpcId: 'vpc-00000001',
      SubnetMappings: zones.map(([, { Attachment }]) => ({ SubnetId: Attachment.SubnetId })),
      FirewallId: '00000000-0000-4000-8000-000000000001',
    },
    FirewallStatus: {
      Status: 'READY',
      ConfigurationSyncStateSummary: isPending ? 'PENDING' : 'IN_SYNC',
      SyncStates: Object.fromEntries(zones),
      CapacityUsageSummary: {
        CIDRs: usage(
          state,
          groups.map(({ document }) => document),
        ),
      },
    },
  };
}

function usage({ lists }: State, documents: readonly JsonObject[]): JsonObject {
  const used = new Set(documents.flatMap((document) => referencesOf(document).map(([, arn]) => arn)));
  const counts = [...lists.values()]
    .filter(({ id }) => used.has(arns.list(id)))
    .map((list) => [arns.list(list.id), list.inForce.size] as const);
  const utilized = counts.reduce((sum, [, count]) => sum + count, 0);
  return {
    AvailableCIDRCount: quotas.cidrs - utilized,
    UtilizedCIDRCount: utilized,
    IPSetReferences: Object.fromEntries(counts.map(([arn, ResolvedCIDRCount]) => [arn, { ResolvedCIDRCount }])),
  };
}

export function startFlowOperation(
  state: State,
  input: JsonObject,
  type: FlowOperation['type'],
  readyAt: number,
): Answered {
  isOurs(input, 'FirewallName', 'FirewallArn', names.firewall, arns.firewall);
  const filters = listIn(input, 'FlowFilters');
  if (filters.length < 1 || filters.length > quotas.filters)
    throw invalidRequest(`1 to ${quotas.filters} filters are taken`, 'FlowFilters', String(filters.length));
  const place = textOf(input['AvailabilityZone'] ?? input['VpcEndpointAssociationArn']);
  if (place === '') throw invalidRequest('AvailabilityZone is required', 'AvailabilityZone', names.firewall);
  if (place.startsWith('arn:') && !state.endpoints.includes(place))
    throw new Failure('ResourceNotFoundException', 'Unable to find the VPC endpoint association');
  const sources = filters.map(({ SourceAddress }) => SourceAddress?.AddressDefinition ?? '');
  const operation: FlowOperation = { id: randomUUID(), place, sources, type, readyAt };
  return {
    state: { ...state, operations: withItem(state.operations, operation.id, operation) },
    output: { FirewallArn: arns.firewall, FlowOperationId: operation.id, FlowOperationStatus: 'IN_PROGRESS' },
  };
}

export function describeFlowOperation({ operations }: State, input: JsonObject, now: number): JsonObject {
  const operation = operations.get(textOf(input['FlowOperationId']));
  if (operation === undefined) throw new Failure('ResourceNotFoundException', 'Unable to find the flow operation');
  return {
    FirewallArn: arns.firewall,
    ...(operation.place.startsWith('arn:')
      ? { VpcEndpointAssociationArn: operation.place }
      : { AvailabilityZone: operation.place }),
    FlowOperationId: operation.id,
    FlowOperationType: operation.type,
    FlowOperationStatus: operation.readyAt <= now ? 'COMPLETED' : 'IN_PROGRESS',
  };
}

/** Endpoints of the firewall in other VPCs. */
export function listEndpoints({ endpoints }: State): JsonObject {
  return { VpcEndpointAssociations: endpoints.map((arn) => ({ VpcEndpointAssociationArn: arn })) };
}

const policyResponse: JsonObject = {
  FirewallPolicyName: names.policy,
  FirewallPolicyArn: arns.policy,
  FirewallPolicyId: '00000000-0000-4000-8000-000000000002',
  FirewallPolicyStatus: 'ACTIVE',
};

function isOurs(input: JsonObject, nameField: string, arnField: string, name: string, arn: string): void {
  const given = input[arnField] ?? input[nameField];
  if (given === undefined) throw invalidRequest(`${nameField} or ${arnField} is required`, nameField, '');
  if (given !== name && given !== arn) throw new Failure('ResourceNotFoundException', 'Unable to find the resource');
}
