import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { knowsSelectors } from './arm.ts';
import {
  childrenOf,
  firewallsOf,
  ofType,
  propertiesOf,
  provisioningState,
  usersOf,
  type State,
  type Stored,
} from './state.ts';

/** A resource with what Azure itself says of it. */
export function shown(state: State, resource: Stored | undefined): JsonObject {
  if (resource === undefined) return {};
  const { id, type, body, etag } = resource;
  const parent = type === 'ruleCollectionGroups' || type === 'kubeSelectorGroups' ? 'firewallPolicies/' : '';
  const properties = {
    ...propertiesOf(resource),
    ...backReferences(state, resource),
    provisioningState: provisioningState(state, id.toLowerCase()),
  };
  return {
    ...body,
    id,
    name: id.slice(id.lastIndexOf('/') + 1),
    type: `Microsoft.Network/${parent}${type}`,
    etag: `W/"${etag}"`,
    properties,
  };
}

/** The service writes who uses a resource into it. */
function backReferences(state: State, { type, id }: Stored): JsonObject {
  const idsOf = (list: readonly Stored[]): Json => list.map((one) => ({ id: one.id }));
  if (type === 'firewallPolicies') {
    const inside = (type: Stored['type']): Json =>
      idsOf(ofType(state, type).filter((one) => one.id.toLowerCase().startsWith(`${id.toLowerCase()}/`)));
    return {
      firewalls: idsOf(firewallsOf(state, id)),
      ruleCollectionGroups: inside('ruleCollectionGroups'),
      kubeSelectorGroups: inside('kubeSelectorGroups'),
      childPolicies: idsOf(childrenOf(state, id)),
    };
  }
  if (type !== 'ipGroups') return {};
  const policies = [
    ...new Set(usersOf(state, id).map((user) => user.id.replace(/\/ruleCollectionGroups\/[^/]+$/i, ''))),
  ];
  return {
    firewallPolicies: policies.map((policy) => ({ id: policy })),
    firewalls: policies.flatMap((policy) => firewallsOf(state, policy).map((one) => ({ id: one.id }))),
  };
}

const newer = new Set(['kubeSelectorGroups', 'sourceKubeSelectorGroups', 'afcManaged', 'afcConfiguration']);

/** An older version of the API leaves out what it does not know. */
export function asOf(version: string, body: JsonObject): JsonObject {
  if (knowsSelectors(version)) return body;
  const known = (field: string, value: Json): Json | undefined => (newer.has(field) ? undefined : value);
  return JSON.parse(JSON.stringify(body, known)) as JsonObject;
}

/** What was put, without what only Azure says. */
export function withoutReadOnly(properties: JsonObject): JsonObject {
  const { provisioningState: _, firewalls: _firewalls, firewallPolicies: _policies, size: _size, ...rest } = properties;
  return rest;
}
