import { texts } from '../../../kit/simulator/json-values.ts';
import { withItem } from '../../../kit/simulator/held-state.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';

/** A firewall policy as it is in force. */
export interface Policy {
  /** `global` or `regions/europe-west1`. */
  readonly scope: string;
  readonly name: string;
  /** By priority. */
  readonly rules: ReadonlyMap<number, JsonObject>;
  /** Networks by the name of the association. */
  readonly associations: ReadonlyMap<string, string>;
  readonly fields: JsonObject;
  /** Moves with every change. */
  readonly version: number;
}

export interface Operation {
  readonly name: string;
  readonly service: 'compute' | 'networksecurity';
  /** `global`, `regions/r` or `locations/l`. */
  readonly scope: string;
  /** The policy or group that it is about. */
  readonly target: string;
  /** Milliseconds; until then it is at work. */
  readonly endsAt: number;
  readonly hasEnded: boolean;
  readonly failure?: Failure;
  /** What it comes to, when it ends well. */
  readonly effect: (state: State) => State;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** All that there is in the project. What an operation is at work on is as it was before. */
export interface State {
  /** By `scope/name`. */
  readonly policies: ReadonlyMap<string, Policy>;
  /** By `location/name`. */
  readonly groups: ReadonlyMap<string, JsonObject>;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly serial: number;
}

export const names = { project: 'edge-project', policy: 'edge-policy', network: 'edge-network' } as const;

/** The rules with which every policy is made: they hand on what comes to them, and stay. */
export const defaultRules: readonly JsonObject[] = [
  ['EGRESS', '::/0'],
  ['INGRESS', '::/0'],
  ['EGRESS', '0.0.0.0/0'],
  ['INGRESS', '0.0.0.0/0'],
].map(([direction = '', range = ''], at) => ({
  priority: 2_147_483_644 + at,
  description: `default ${direction.toLowerCase()} rule`,
  direction,
  action: 'goto_next',
  match: {
    ...(direction === 'EGRESS' ? { destIpRanges: [range] } : { srcIpRanges: [range] }),
    layer4Configs: [{ ipProtocol: 'all' }],
  },
}));

/** The last rule of an administrator's policy: what no rule permits is denied. */
const lastRules: readonly JsonObject[] = ['0.0.0.0/0', '::/0'].map((range, at) => ({
  priority: 2_000_000_000 + at,
  ruleName: `deny-the-rest-${at === 0 ? 'v4' : 'v6'}`,
  direction: 'EGRESS',
  action: 'deny',
  match: { destIpRanges: [range], layer4Configs: [{ ipProtocol: 'all' }] },
}));

export function keyOf({ scope, name }: Pick<Policy, 'scope' | 'name'>): string {
  return `${scope}/${name}`;
}

/** @param region absent: global */
export function delivered(region: string | undefined, fields: JsonObject): State {
  const scope = region === undefined ? 'global' : `regions/${region}`;
  const network = `https://www.googleapis.com/compute/v1/projects/${names.project}/global/networks/${names.network}`;
  const rules = new Map([...defaultRules, ...lastRules].map((rule) => [Number(rule['priority']), rule]));
  const associations = new Map([['edge', network]]);
  const policy: Policy = { scope, name: names.policy, rules, associations, fields, version: 1 };
  return { policies: new Map([[keyOf(policy), policy]]), groups: new Map(), operations: new Map(), serial: 1 };
}

/** The state at a time: operations that are due have ended. */
export function settled(state: State, now: number): State {
  const due = [...state.operations.values()].filter(({ endsAt, hasEnded }) => !hasEnded && endsAt <= now);
  return due.reduce(ended, state);
}

function ended(state: State, operation: Operation): State {
  const { effect, failure } = operation;
  const operations = withItem(state.operations, operation.name, { ...operation, hasEnded: true });
  return failure === undefined ? effect({ ...state, operations }) : { ...state, operations };
}

export function withPolicy(state: State, policy: Policy): State {
  return { ...state, policies: withItem(state.policies, keyOf(policy), { ...policy, version: policy.version + 1 }) };
}

/** @param group undefined: it goes */
export function withGroup(state: State, key: string, group: JsonObject | undefined): State {
  return { ...state, groups: withItem(state.groups, key, group) };
}

export function matchOf(rule: JsonObject): JsonObject {
  return (rule['match'] ?? {}) as JsonObject;
}

/** `projects/p/locations/l/addressGroups/n` as `l/n`, whatever stands before it. */
export function groupKey(path: string): string {
  return path.replace(/^.*\/locations\/([^/]+)\/addressGroups\//, '$1/');
}

/** Rules that name the address group, with their policies. */
export function usersOf(
  { policies }: State,
  key: string,
): readonly { readonly policy: Policy; readonly priority: number }[] {
  return [...policies.values()].flatMap((policy) =>
    [...policy.rules].flatMap(([priority, rule]) => {
      const match = matchOf(rule);
      const named = [...texts(match['destAddressGroups']), ...texts(match['srcAddressGroups'])];
      return named.some((path) => groupKey(path) === key) ? [{ policy, priority }] : [];
    }),
  );
}
