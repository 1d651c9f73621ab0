import { closedUntil } from '../core/plan/change-window.ts';
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
import { guard } from '../core/plan/guards.ts';
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
  /** What is taken for granted of a device that was not asked. */
  readonly assumed: readonly AssumedFact[];
  /** What would be held back, and why. */
  readonly guard: readonly Violation[];
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
 *   change window now (milliseconds since the epoch); absent: they are only read
 */
export async function planPoints(
  points: readonly EnforcementPoint[],
  { desired, overGrants }: Pick<CompiledIntent, 'desired' | 'overGrants'>,
  find: FindDevice,
  live?: { readonly signal: AbortSignal; readonly now: number },
): Promise<Plans> {
  const { found, failures } = await eachPoint(points, async (point) => {
    const { name } = point.metadata;
    const device = await find(point);
    const planned = planPoint(point, desired(name), device, undefined, live?.now);
    const objections = live === undefined ? [] : await rehearse(point, planned, device, live.signal);
    return { plan: { ...planned, losses: [...planned.losses, ...overGrants(name)] }, objections };
  });
  return {
    plans: found.map(({ plan }) => plan),
    failures: [...failures, ...found.flatMap(({ objections }) => objections)],
  };
}

/**
 * Lowers, compares and guards, as a worker would, and stops there.
 *
 * @param lowered where that has been done already
 * @param now milliseconds since the epoch, for change windows; absent: they are not looked at
 */
export function planPoint(
  point: EnforcementPoint,
  desired: DesiredState,
  { adapter, context, observed, assumed = [] }: Device,
  lowered: Lowered = adapter.lower(desired, context),
  now?: number,
): PointPlan {
  const { resources, losses } = lowered;
  const plan = diff(resources, observed.resources);
  const limits = point.spec.guard;
  const closed = now === undefined ? undefined : closedUntil(point.spec.changeWindows, now);
  const known = { synced: true, ended: new Set<string>(), limits, closedUntil: closed };
  const { violations, allowed } = guard({ plan, desired, observed, ...known });
  const nativeCalls = adapter.batch(plan.changes, context).reduce((sum, batch) => sum + batch.nativeCalls, 0);
  const { name } = point.metadata;
  const { groupsAs, emptyGroup, memberUpdates, lock, serialised, settleSeconds } = context.capabilities;
  const traits = { groupsAs, emptyGroup, memberUpdates, lock, serialised, settleSeconds };
  const { changes } = plan;
  const { kind } = adapter;
  return { name, adapter: kind, device: traits, assumed, changes, allowed, nativeCalls, losses, guard: violations };
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
