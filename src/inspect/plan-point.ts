import type { Adapter, LowerContext, Observed } from '../adapter/adapter.ts';
import type { Owner } from '../adapter/owner.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Change, Violation } from '../core/model/plan.ts';
import type { Loss } from '../core/model/resource.ts';
import { diff } from '../core/plan/diff.ts';
import { guard } from '../core/plan/guards.ts';
import { parseConfig, type AdapterRegistry, type Sessions } from '../worker/sessions.ts';
import { UsageError } from '../cli/io.ts';

/** What would be done at one enforcement point. */
export interface PointPlan {
  readonly name: string;
  readonly adapter: string;
  readonly changes: readonly Change[];
  /** Those of them that nothing holds back. */
  readonly allowed: readonly Change[];
  /** Requests that the changes take. */
  readonly nativeCalls: number;
  readonly losses: readonly Loss[];
  /** What would be held back, and why. */
  readonly guard: readonly Violation[];
}

/** A device to plan against: what can be said to it, and what is on it. */
export interface Device {
  readonly adapter: Adapter;
  readonly context: LowerContext;
  readonly observed: Observed;
  /** Asks it whether it would carry out changes; absent: it cannot be asked. @throws AdapterError that it would meet them with */
  readonly rehearse?: (changes: readonly Change[], signal: AbortSignal) => Promise<void>;
}

/** Finds the device of a point; throws what a person should read. */
export type FindDevice = (point: EnforcementPoint) => Promise<Device>;

/** A device as it is delivered, with everything its kind can do: for planning without touching one. */
export function emptyDevices(adapters: AdapterRegistry, owner: Owner): FindDevice {
  return async (point) => {
    const adapter = await adapters(point.spec.adapter);
    if (adapter === undefined) throw new UsageError(`there is no adapter "${point.spec.adapter}"`);
    const context = { config: parseConfig(adapter, point), capabilities: adapter.capabilities, owner };
    return { adapter, context, observed: { complete: true, resources: [], foreign: [] } };
  };
}

/** The real ones, asked only what they have. */
export function liveDevices(sessions: Sessions): FindDevice {
  return async (point) => {
    const { adapter, session, context } = await sessions.open(point);
    const rehearse = session.rehearse?.bind(session);
    return { adapter, context, observed: await session.observe(), ...(rehearse && { rehearse }) };
  };
}

/** Lowers, compares and guards, as a worker would, and stops there. */
export function planPoint(point: EnforcementPoint, desired: DesiredState, device: Device): PointPlan {
  const { adapter, context, observed } = device;
  const { resources, losses } = adapter.lower(desired, context);
  const plan = diff(resources, observed.resources);
  const { violations, allowed } = guard({
    plan,
    desired,
    observed,
    synced: true,
    ended: new Set(),
    limits: point.spec.guard,
  });
  const nativeCalls = adapter.batch(plan.changes, context).reduce((sum, batch) => sum + batch.nativeCalls, 0);
  const { name } = point.metadata;
  return { name, adapter: adapter.kind, changes: plan.changes, allowed, nativeCalls, losses, guard: violations };
}
