import type { EnforcementPoint } from '../../api/kinds.ts';
import { parseInstant } from '../../core/time/instant.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { Loss } from '../../core/model/resource.ts';
import type { Namespace } from '../../core/model/snapshot.ts';
import type { Problem } from '../../api/problem.ts';
import { overviewOf } from '../../core/status/overview.ts';
import { pointStatus } from '../../core/status/point-status.ts';
import { covers } from '../../verify/layers.ts';
import { namespaceLabels } from '../../verify/values/selector.ts';
import type { Capacity, DriftView, LossView, PointView } from './shapes.ts';
import { objectName } from '../../core/text/wording.ts';

/** What is known of how a point is doing. */
export type PointState = Pick<
  PointView,
  'ready' | 'reason' | 'message' | 'rulesThere' | 'liveSince' | 'lastSyncTime' | 'drift'
> & { readonly losses: readonly Loss[] };

/** What is known of a point beside how it is doing. */
export interface PointFacts {
  readonly point: EnforcementPoint;
  /** Undefined: not compiled yet. */
  readonly desired: DesiredState | undefined;
  readonly namespaces: readonly Namespace[];
  /** Of its adapter; undefined: there is no such adapter. */
  readonly inMesh: boolean | undefined;
  readonly maxMembersPerGroup: number | undefined;
}

export function pointView(facts: PointFacts, state: PointState): PointView {
  const { point, desired, namespaces, inMesh } = facts;
  const { metadata, spec } = point;
  const { losses, ...shown } = state;
  return {
    name: metadata.name,
    adapter: spec.adapter,
    mode: spec.mode,
    vantage: spec.vantage.type,
    gateway: gatewayOf(point),
    inMesh: inMesh ?? null,
    defaultAction: spec.defaultAction,
    covers: spec.namespaceSelector === undefined ? null : coveredBy(point, namespaces),
    ...shown,
    rules: desired?.rules.length ?? 0,
    addresses: desired === undefined ? null : new Set(desired.groups.flatMap(({ members }) => members)).size,
    groups: desired?.groups.length ?? null,
    largestGroup: desired === undefined ? null : largestGroup(desired, facts.maxMembersPerGroup),
    losses: lossViews(losses, desired),
  };
}

/** What is known of a point by others. */
export interface PointReported {
  readonly problems: readonly Problem[];
  readonly overGrants: readonly Loss[];
  /** RFC 3339 */
  readonly now: string;
}

const unseen = { ready: 'Unknown', message: '', liveSince: null } as const;

/** What a worker has found of it, in the words of its status. */
export function stateFromOutcome(
  point: EnforcementPoint,
  outcome: PointOutcome | undefined,
  { problems, overGrants, now }: PointReported,
): PointState {
  const { name, generation } = point.metadata;
  const status = pointStatus({ name, generation, problems, outcome, overGrants, before: undefined, now });
  const none = { ExternalService: [], EgressPolicy: [], ClusterEgressPolicy: [] };
  const { points } = overviewOf({ ...none, EnforcementPoint: [{ ...point, status }] }, parseInstant(now) ?? 0);
  const { ready, message, liveSince } = points[0] ?? unseen;
  const state = { ready, message, liveSince };
  if (outcome === undefined)
    return { ...state, reason: '', rulesThere: null, lastSyncTime: null, drift: null, losses: overGrants };
  const { reason, rulesThere = null, lastSyncTime, drift, losses } = outcome;
  return {
    ...{ ...state, reason, rulesThere },
    lastSyncTime: lastSyncTime === '' ? null : lastSyncTime,
    drift: drift === undefined ? null : driftView(drift),
    losses: [...losses, ...overGrants],
  };
}

function driftView({ at, healed, count, differences }: NonNullable<PointOutcome['drift']>): DriftView {
  const shown = differences.map(({ what, kind, name, field }) => ({ what, object: `${kind} ${name}`, field }));
  return { at, healed, count, differences: shown };
}

/** The same loss of many rules is one, with the policies that it concerns. */
export function lossViews(losses: readonly Loss[], desired: Pick<DesiredState, 'rules'> | undefined): LossView[] {
  const policies = new Map<string, Set<string>>();
  for (const { id, sources, origin } of desired?.rules ?? []) {
    const name = objectName(origin);
    for (const key of [id, ...sources]) policies.set(key, (policies.get(key) ?? new Set()).add(name));
  }
  const found = new Map<string, LossView & { readonly names: Set<string> }>();
  for (const { effect, code, message, id } of losses) {
    const key = JSON.stringify([effect, code, message]);
    const loss = found.get(key) ?? { effect, code, message, policies: [], names: new Set<string>() };
    for (const name of policies.get(id) ?? []) loss.names.add(name);
    found.set(key, loss);
  }
  return [...found.values()].map(({ names, ...loss }) => ({ ...loss, policies: [...names].sort() }));
}

function largestGroup({ groups }: Pick<DesiredState, 'groups'>, most: number | undefined): Capacity {
  const members = groups.reduce((largest, group) => Math.max(largest, group.members.length), 0);
  return { members, max: most === undefined || most >= Number.MAX_SAFE_INTEGER ? null : most };
}

function gatewayOf({ spec: { vantage } }: EnforcementPoint): string | null {
  if (vantage.gateway === undefined) return null;
  const { namespace, podSelector } = vantage.gateway;
  const labels = Object.entries(podSelector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [namespace, labels.join(',')].filter(Boolean).join('/');
}

function coveredBy(point: EnforcementPoint, namespaces: readonly Namespace[]): readonly string[] {
  return namespaces
    .filter(({ name, labels }) => covers(point, namespaceLabels(name, labels)))
    .map(({ name }) => name)
    .sort();
}
