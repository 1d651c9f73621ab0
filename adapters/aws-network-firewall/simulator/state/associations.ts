import { randomUUID } from 'node:crypto';
import { textOf } from '../../../../kit/common/api/json.ts';
import { Failure } from '../../../../kit/simulator/aws/calls.ts';
import { withItem } from '../../../../kit/simulator/held-state.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { invalidRequest } from '../api/calls.ts';
import type { Progress } from './prefix-lists.ts';
import type { FollowedPod } from '../../../../kit/simulator/traffic/pods.ts';
import { arns, listIn, referencesOf, type Association, type State } from './state.ts';

/*
 * Container associations, by the Network Firewall API reference and its developer guide ("Container associations"). What the
 * guide does not say is taken as narrowly as can be: a pod must match every filter.
 */

const quotas = { associations: 100, configurations: 5 } as const;

interface Answered {
  readonly state: State;
  readonly output: JsonObject;
}

export function createAssociation(state: State, input: JsonObject, { now, takes }: Progress): Answered {
  const name = textOf(input['ContainerAssociationName']);
  if (state.associations.has(name))
    throw invalidRequest('A resource with the specified name already exists', 'ContainerAssociationName', name);
  if (state.associations.size >= quotas.associations)
    throw new Failure('LimitExceededException', `there are ${quotas.associations} container associations`);
  const association: Association = {
    name,
    type: textOf(input['Type']),
    configurations: configurationsIn(input),
    description: textOf(input['Description']),
    tags: input['Tags'] ?? [],
    token: randomUUID(),
    status: 'CREATING',
    readyAt: now + takes,
  };
  return answered(state, association);
}

export function updateAssociation(state: State, input: JsonObject, { now, takes }: Progress): Answered {
  const found = find(state, input);
  if (found.status === 'DELETING') throw new Failure('InvalidOperationException', `${found.name} is being deleted`);
  if (input['UpdateToken'] !== found.token)
    throw new Failure('InvalidTokenException', 'The token you provided is stale or is not valid');
  if (textOf(input['Type']) !== found.type) throw invalidRequest('Type cannot be changed', 'Type', found.name);
  const description = input['Description'] === undefined ? found.description : textOf(input['Description']);
  const configurations = configurationsIn(input);
  const changed = {
    ...found,
    configurations,
    description,
    token: randomUUID(),
    status: 'UPDATING',
    readyAt: now + takes,
  };
  return answered(state, changed);
}

export function deleteAssociation(state: State, input: JsonObject, { now, takes }: Progress): Answered {
  const found = find(state, input);
  const isUsed = [...state.groups.values()].some(({ document }) =>
    referencesOf(document).some(([, arn]) => arn === arns.association(found.name)),
  );
  if (isUsed) throw new Failure('InvalidOperationException', 'Unable to delete the object because it is still in use.');
  return answered(state, { ...found, status: 'DELETING', readyAt: now + takes });
}

export function describeAssociation(state: State, input: JsonObject): JsonObject {
  const found = find(state, input);
  return { ...described(found), ResolvedCidrCount: addressesOf(state, found).length, Tags: found.tags };
}

export function listAssociations({ associations }: State): JsonObject {
  return {
    ContainerAssociations: [...associations.keys()].map((name) => ({ Name: name, Arn: arns.association(name) })),
  };
}

/** What a reference to it stands for: nothing before it is active, and then the pods that match. */
export function addressesOf({ pods }: State, { configurations, status }: Association): readonly string[] {
  if (status === 'CREATING') return [];
  const matches = ({ namespace, labels }: FollowedPod): boolean =>
    configurations.some(({ AttributeFilters = [] }) =>
      AttributeFilters.every(({ Key, Value }) => (Key === 'namespace' ? namespace : labels[Key]) === Value),
    );
  return pods.filter(matches).flatMap(({ addresses }) => addresses);
}

function configurationsIn(input: JsonObject): Association['configurations'] {
  const configurations = listIn(input, 'ContainerMonitoringConfigurations');
  if (configurations.length === 0 || configurations.length > quotas.configurations)
    throw invalidRequest(
      `an association has 1 to ${quotas.configurations} monitoring configurations`,
      'ContainerMonitoringConfigurations',
      String(configurations.length),
    );
  const strange = configurations.find(({ ClusterArn }) => !ClusterArn.includes(':eks:'));
  if (strange !== undefined) throw invalidRequest('the cluster is not accessible', 'ClusterArn', strange.ClusterArn);
  return configurations;
}

function find({ associations }: State, input: JsonObject): Association {
  const { ContainerAssociationName: name, ContainerAssociationArn: arn } = input;
  const found = [...associations.values()].find((one) => one.name === name || arns.association(one.name) === arn);
  if (found === undefined) throw new Failure('ResourceNotFoundException', 'Unable to find the container association');
  return found;
}

function answered(state: State, association: Association): Answered {
  const associations = withItem(state.associations, association.name, association);
  return { state: { ...state, associations }, output: described(association) };
}

function described({ name, type, configurations, description, token, status }: Association): JsonObject {
  return {
    ContainerAssociationName: name,
    ContainerAssociationArn: arns.association(name),
    Description: description,
    Type: type,
    ContainerMonitoringConfigurations: configurations,
    Status: status,
    UpdateToken: token,
  };
}
