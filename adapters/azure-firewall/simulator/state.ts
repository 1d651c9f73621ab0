import { withItem } from '../../../kit/simulator/held-state.ts';
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
} as const;

/** A policy with a DNS proxy and one firewall, as an administrator sets it up. */
export function delivered(policy: JsonObject = {}): State {
  const empty: State = {
    resources: new Map(),
    operations: new Map(),
    inForce: new Map(),
    failed: new Set(),
    serial: 0,
  };
  const properties = {
    sku: { tier: 'Premium' },
    threatIntelMode: 'Alert',
    dnsSettings: { enableProxy: true },
    ...policy,
  };
  const location = names.location;
  return [
    { type: 'firewallPolicies' as const, id: ids.policy, body: { location, properties } },
    {
      type: 'azureFirewalls' as const,
      id: ids.firewall,
      body: { location, properties: { firewallPolicy: { id: ids.policy } } },
    },
  ].reduce((state, one) => enforced(state, one), empty);
}

/** With a resource that is in force. */
export function enforced(state: State, { type, id, body }: Pick<Stored, 'type' | 'id' | 'body'>): State {
  const put = stored(state, { type, id, body });
  return { ...put, inForce: withItem(put.inForce, id.toLowerCase(), body) };
}

/** With a resource that nobody enforces yet. */
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

export function objects(value: Json | undefined): readonly JsonObject[] {
  return (value ?? []) as readonly JsonObject[];
}

export function texts(value: Json | undefined): readonly string[] {
  return (value ?? []) as readonly string[];
}

/** A scalar as text; empty for anything else. */
export function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The ids of the IP groups that a rule collection group names, in lower case. */
export function ipGroupsIn(body: JsonObject): ReadonlySet<string> {
  const rules = objects(propertiesOf({ body })['ruleCollections']).flatMap(({ rules: own }) => objects(own));
  return new Set(
    rules
      .flatMap((rule) => [...texts(rule['sourceIpGroups']), ...texts(rule['destinationIpGroups'])])
      .map((id) => id.toLowerCase()),
  );
}

/** The policy of a rule collection group, and its firewalls, in lower case. */
export function occupiedBy(state: State, rules: string): readonly string[] {
  const policy = rules.toLowerCase().replace(/\/rulecollectiongroups\/[^/]+$/, '');
  return [policy, ...firewallsOf(state, policy).map(({ id }) => id.toLowerCase())];
}

export function firewallsOf(state: State, policy: string): readonly Stored[] {
  return ofType(state, 'azureFirewalls').filter((firewall) => {
    const named = propertiesOf(firewall)['firewallPolicy'] as JsonObject | undefined;
    return text(named?.['id']).toLowerCase() === policy.toLowerCase();
  });
}

/** The rule collection groups that name an IP group. */
export function usersOf(state: State, ipGroup: string): readonly Stored[] {
  return ofType(state, 'ruleCollectionGroups').filter(({ body }) => ipGroupsIn(body).has(ipGroup.toLowerCase()));
}
