import { objects, text, texts } from '../../../kit/simulator/json-values.ts';
import { withItem } from '../../../kit/simulator/held-state.ts';
import type { FollowedPod } from '../../../kit/simulator/traffic/pods.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Type } from './arm.ts';

/** A resource as it was put. */
export interface Stored {
  readonly type: Type;
  readonly id: string;
  /** With `properties`, without what Azure itself says of it. */
  readonly body: JsonObject;
  readonly etag: string;
  /** How the last update of it has ended. */
  readonly ended: 'Succeeded' | 'Failed';
}

export interface Operation {
  readonly id: string;
  /** In lower case. */
  readonly target: string;
  readonly puts: boolean;
  /** Milliseconds; until then it is in progress. */
  readonly endsAt: number;
  /** Policies and firewalls that are updating until then. */
  readonly occupies: readonly string[];
  readonly failure?: { readonly code: string; readonly message: string };
  readonly hasEnded: boolean;
}

/** All that there is, by id in lower case. */
export interface State {
  readonly resources: ReadonlyMap<string, Stored>;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Bodies that the firewalls enforce: what was put and whose operation has ended well. */
  readonly inForce: ReadonlyMap<string, JsonObject>;
  /** Policies and firewalls whose last update has failed. */
  readonly failed: ReadonlySet<string>;
  /** Of the cluster that the control plane of the firewall knows. */
  readonly pods: readonly FollowedPod[];
  readonly serial: number;
}

export const names = {
  subscription: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'edge',
  policy: 'edge-policy',
  firewall: 'edge-firewall',
  location: 'westeurope',
} as const;

const scope = `/subscriptions/${names.subscription}/resourceGroups/${names.resourceGroup}/providers/Microsoft.Network`;

export const ids = {
  policy: `${scope}/firewallPolicies/${names.policy}`,
  firewall: `${scope}/azureFirewalls/${names.firewall}`,
  rules: (name: string) => `${scope}/firewallPolicies/${names.policy}/ruleCollectionGroups/${name}`,
  ipGroup: (name: string) => `${scope}/ipGroups/${name}`,
  selectorGroup: (name: string) => `${scope}/firewallPolicies/${names.policy}/kubeSelectorGroups/${name}`,
} as const;

export interface Delivered {
  /** Properties of the policy beside those that it needs. */
  readonly policy?: JsonObject;
  /** Has the firewall a control plane for containers? */
  readonly containers?: boolean;
}

/** A policy with a DNS proxy and one firewall, as an administrator sets it up. */
export function delivered({ policy = {}, containers = true }: Delivered = {}): State {
  const empty: State = {
    resources: new Map(),
    operations: new Map(),
    inForce: new Map(),
    failed: new Set(),
    pods: [],
    serial: 0,
  };
  const properties = {
    sku: { tier: 'Premium' },
    threatIntelMode: 'Alert',
    dnsSettings: { enableProxy: true },
    ...policy,
  };
  const location = names.location;
  const afcConfiguration = { serviceEndpoint: 'edge-firewall.containers.example.net' };
  return [
    { type: 'firewallPolicies' as const, id: ids.policy, body: { location, properties } },
    {
      type: 'azureFirewalls' as const,
      id: ids.firewall,
      body: { location, properties: { firewallPolicy: { id: ids.policy }, ...(containers && { afcConfiguration }) } },
    },
  ].reduce((state, one) => enforced(state, one), empty);
}

/** With a resource that is in force. */
export function enforced(state: State, { type, id, body }: Pick<Stored, 'type' | 'id' | 'body'>): State {
  const put = stored(state, { type, id, body });
  return { ...put, inForce: withItem(put.inForce, id.toLowerCase(), body) };
}

/** With a resource that is not enforced yet. */
export function stored(state: State, { type, id, body }: Pick<Stored, 'type' | 'id' | 'body'>): State {
  const resource: Stored = {
    type,
    id,
    body,
    ended: 'Succeeded',
    etag: `00000000-0000-4000-8000-${String(state.serial).padStart(12, '0')}`,
  };
  return { ...state, serial: state.serial + 1, resources: withItem(state.resources, id.toLowerCase(), resource) };
}

/** The state at a time: operations that are due have ended. */
export function settled(state: State, now: number): State {
  const due = [...state.operations.values()].filter(({ endsAt, hasEnded }) => !hasEnded && endsAt <= now);
  return due.reduce(ended, state);
}

function ended(state: State, operation: Operation): State {
  const { target, puts, failure, occupies } = operation;
  const operations = withItem(state.operations, operation.id, { ...operation, hasEnded: true });
  const resource = state.resources.get(target);
  if (failure !== undefined) {
    const failed = new Set([...state.failed, ...occupies]);
    const resources =
      resource === undefined
        ? state.resources
        : withItem<Stored>(state.resources, target, { ...resource, ended: 'Failed' });
    return { ...state, operations, resources, failed };
  }
  const failed = new Set([...state.failed].filter((id) => !occupies.includes(id)));
  if (!puts)
    return {
      ...state,
      operations,
      failed,
      resources: withItem(state.resources, target, undefined),
      inForce: withItem(state.inForce, target, undefined),
    };
  return {
    ...state,
    operations,
    failed,
    resources:
      resource === undefined ? state.resources : withItem(state.resources, target, { ...resource, ended: 'Succeeded' }),
    inForce: withItem(state.inForce, target, resource?.body),
  };
}

/** What Azure says of its state. */
export function provisioningState({ operations, failed, resources }: State, id: string): string {
  const running = [...operations.values()].filter(({ hasEnded }) => !hasEnded);
  const own = running.find(({ target }) => target === id);
  if (own !== undefined) return own.puts ? 'Updating' : 'Deleting';
  if (running.some(({ occupies }) => occupies.includes(id))) return 'Updating';
  return failed.has(id) ? 'Failed' : (resources.get(id)?.ended ?? 'Succeeded');
}

export function ofType({ resources }: State, type: Type): readonly Stored[] {
  return [...resources.values()].filter((resource) => resource.type === type);
}

export function propertiesOf({ body }: Pick<Stored, 'body'>): JsonObject {
  return (body['properties'] ?? {}) as JsonObject;
}

/** Of `{id}`. */
export function idIn(reference: Json | undefined): string {
  return text((reference as JsonObject | undefined)?.['id']);
}

/** The ids of the IP groups and kube selector groups that a rule collection group names, in lower case. */
export function groupsIn(body: JsonObject): ReadonlySet<string> {
  const rules = objects(propertiesOf({ body })['ruleCollections']).flatMap(({ rules: own }) => objects(own));
  const fields = ['sourceIpGroups', 'destinationIpGroups', 'sourceKubeSelectorGroups'];
  return new Set(rules.flatMap((rule) => fields.flatMap((field) => texts(rule[field]))).map((id) => id.toLowerCase()));
}

/** The policy of a rule collection group, those below it, and the firewalls of all of them, in lower case. */
export function occupiedBy(state: State, rules: string): readonly string[] {
  const policy = rules.toLowerCase().replace(/\/rulecollectiongroups\/[^/]+$/, '');
  return [
    policy,
    ...firewallsOf(state, policy).map(({ id }) => id.toLowerCase()),
    ...childrenOf(state, policy).flatMap(({ id }) => occupiedBy(state, id)),
  ];
}

export function firewallsOf(state: State, policy: string): readonly Stored[] {
  return naming(ofType(state, 'azureFirewalls'), 'firewallPolicy', policy);
}

export function childrenOf(state: State, policy: string): readonly Stored[] {
  return naming(ofType(state, 'firewallPolicies'), 'basePolicy', policy);
}

function naming(all: readonly Stored[], field: string, id: string): readonly Stored[] {
  return all.filter((one) => idIn(propertiesOf(one)[field]).toLowerCase() === id.toLowerCase());
}

/** The rule collection groups that name an IP group or a kube selector group. */
export function usersOf(state: State, group: string): readonly Stored[] {
  return ofType(state, 'ruleCollectionGroups').filter(({ body }) => groupsIn(body).has(group.toLowerCase()));
}
