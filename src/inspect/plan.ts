import { closedUntil } from '../core/plan/window/change-window.ts';
import type { Lowered } from '../adapter/adapter.ts';
import { AdapterError, errorPolicy } from '../adapter/errors.ts';
import type { Capabilities } from '../adapter/capabilities.ts';
import type { AssumedFact } from '../adapter/assumptions.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Change, Violation } from '../core/model/plan.ts';
import type { Problem } from '../api/problem.ts';
import type { Loss } from '../core/model/resource.ts';
import { diff } from '../core/plan/diff.ts';
import { guard, type GuardInput } from '../core/plan/guard/guards.ts';
import { judgedWhileClosed } from '../worker/sync/closed-window.ts';
import type { Device, FindDevice } from './devices.ts';
import type { CompiledIntent } from './intent.ts';
import { eachPoint } from './points.ts';

/** What of a device's capabilities tells how long a change takes and what it holds up. */
type DeviceTraits = Pick<
  Capabilities,
  'groupsAs' | 'emptyGroup' | 'memberUpdates' | 'lock' | 'serialised' | 'settleSeconds'
>;

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
  /** How the device takes changes. */
  readonly device: DeviceTraits;
  /** What is assumed of a device that was not asked. */
  readonly assumed: readonly AssumedFact[];
  /** What would be held back, and why. */
  readonly guard: readonly Violation[];
  /** When a change window of the point opens, in words; absent: one is open, there is none, or the device was not asked. */
  readonly closedUntil?: string;
}

/** What is asked beyond the devices' state, by whom and when. */
export interface LivePlanning {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What was last in force at a point, as its workers store it; absent: not known. @throws Error where it cannot be read */
  readonly inForce?: ((point: string) => Promise<DesiredState | undefined>) | undefined;
}

export interface Plans {
  readonly plans: readonly PointPlan[];
  /** Of points whose device could not be asked, or refuses what is planned. */
  readonly failures: readonly Problem[];
}

/**
 * Plans for each point what a worker would do, and does none of it.
 *
 * @param live ask the devices, too, whether they would take the changes, until the signal aborts, and say what waits for a
 *   change window; absent: they are only read
 */
export async function planPoints(
  points: readonly EnforcementPoint[],
  { desired, overGrants }: Pick<CompiledIntent, 'desired' | 'overGrants'>,
  find: FindDevice,
  live?: LivePlanning,
): Promise<Plans> {
  const { found, failures } = await eachPoint(points, async (point) => {
    const { name } = point.metadata;
    const device = await find(point);
    const planned = planPoint(point, desired(name), device);
    const plan = { ...planned, losses: [...planned.losses, ...overGrants(name)] };
    if (live === undefined) return { plan, objections: [] };
    const { plan: held, doubts } = await heldByWindow(point, { wanted: desired(name), planned: plan }, device, live);
    return { plan: held, objections: [...doubts, ...(await rehearse(point, held, device, live.signal))] };
  });
  return {
    plans: found.map(({ plan }) => plan),
    failures: [...failures, ...found.flatMap(({ objections }) => objections)],
  };
}

/**
 * Lowers, compares and guards, as a worker would, and stops there. Change windows are not looked at.
 *
 * @param lowered where that has been done already
 */
export function planPoint(
  point: EnforcementPoint,
  desired: DesiredState,
  { adapter, context, observed, assumed = [] }: Device,
  lowered: Lowered = adapter.lower(desired, context),
): PointPlan {
  const { resources, losses } = lowered;
  const plan = diff(resources, observed.resources);
  const { violations, allowed } = guard(guardInput(point, { plan, desired, observed }));
  const nativeCalls = adapter.batch(plan.changes, context).reduce((sum, batch) => sum + batch.nativeCalls, 0);
  const { name } = point.metadata;
  const { groupsAs, emptyGroup, memberUpdates, lock, serialised, settleSeconds } = context.capabilities;
  const traits = { groupsAs, emptyGroup, memberUpdates, lock, serialised, settleSeconds };
  const { changes } = plan;
  const { kind } = adapter;
  return { name, adapter: kind, device: traits, assumed, changes, allowed, nativeCalls, losses, guard: violations };
}

function guardInput({ spec }: EnforcementPoint, judged: Pick<GuardInput, 'plan' | 'desired' | 'observed'>): GuardInput {
  return { ...judged, synced: true, ended: new Set(), limits: spec.guard };
}

/** What of a plan waits while the change windows of the point are closed, and what goes at once, as far as known. */
async function heldByWindow(
  point: EnforcementPoint,
  { wanted, planned }: { readonly wanted: DesiredState; readonly planned: PointPlan },
  { adapter, context, observed }: Device,
  { now, inForce }: LivePlanning,
): Promise<{ readonly plan: PointPlan; readonly doubts: readonly Problem[] }> {
  const until = closedUntil(point.spec.changeWindows, now);
  if (until === undefined || planned.changes.length === 0) return { plan: planned, doubts: [] };
  const { before, doubts } = await inForceLast(point, inForce);
  const { changes } = planned;
  const { resources, complete } = observed;
  const lower = (state: DesiredState): Lowered['resources'] => adapter.lower(state, context).resources;
  const closed = { wanted, resources, lower, now, plan: { changes }, before: complete ? before : undefined };
  const { violations, allowed } = await judgedWhileClosed(
    { ...closed, closedUntil: until, planTo: (others) => diff(others, resources) },
    (judged) =>
      Promise.resolve(guard({ ...guardInput(point, { plan: { changes }, desired: wanted, observed }), ...judged })),
  );
  return { plan: { ...planned, allowed, guard: violations, closedUntil: until }, doubts };
}

async function inForceLast(
  { metadata: { name } }: EnforcementPoint,
  inForce: LivePlanning['inForce'],
): Promise<{ readonly before?: DesiredState | undefined; readonly doubts: readonly Problem[] }> {
  try {
    return inForce === undefined
      ? { doubts: [notKnown(name, 'only its workers know what was last in force, and --redis was not given')] }
      : { before: await inForce(name), doubts: [] };
  } catch (error) {
    const { message } = error as Error;
    return { doubts: [notKnown(name, `what was last in force cannot be read from Redis: ${message}`)] };
  }
}

function notKnown(point: string, why: string): Problem {
  const message = `${why}; what waits for a change window is derived from the changes only, so a worker may apply at once part of what is shown as waiting`;
  const subject = `EnforcementPoint/${point}`;
  return { severity: 'warning', subject, field: 'spec.changeWindows', code: 'in-force-not-known', message };
}

/** Asks the device, if it can be asked beforehand, whether it would take what is planned. Nothing is written. */
export async function rehearse(
  { metadata }: EnforcementPoint,
  { allowed }: PointPlan,
  device: Device,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  if (device.rehearse === undefined || allowed.length === 0) return [];
  try {
    await device.rehearse(allowed, signal);
    return [];
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return [objection(`EnforcementPoint/${metadata.name}`, error)];
  }
}

function objection(subject: string, { errorClass, message }: AdapterError): Problem {
  // It was too busy to look at the changes, and so has said nothing about them.
  if (errorPolicy[errorClass].then === 'retry') {
    const told = `the device could not be asked whether it would take these changes, so that it may yet refuse them: ${message}`;
    return { severity: 'warning', subject, field: '', code: 'not-rehearsed', message: told };
  }
  const told = `asked beforehand, the device refuses these changes; correct what it names, or they will be quarantined: ${message}`;
  return { severity: 'error', subject, field: '', code: 'refused-beforehand', message: told };
}
