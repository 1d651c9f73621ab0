import type { Adapter, LowerContext, Observed, Outcome, Session } from '../adapter/adapter.ts';
import type { AdapterError } from '../adapter/errors.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Change, Plan, Violation } from '../core/model/plan.ts';
import type { Loss, Resource, ResourceKey } from '../core/model/resource.ts';
import { diff } from '../core/plan/diff.ts';
import { guard } from '../core/plan/guards.ts';
import { carryOut } from './carry-out.ts';
import { asAdapterError } from './failure.ts';

/** One point, what it should be, and the connection to it. */
export interface SyncTask<C = unknown, R extends Resource = Resource> {
  readonly desired: DesiredState;
  readonly adapter: Adapter<C, R>;
  readonly session: Session<R>;
  readonly context: LowerContext<C>;
  /** Observe: plan and report, touch nothing. */
  readonly mode: 'Observe' | 'Enforce';
  readonly limits: { readonly maxRemovals: number; readonly maxRemovalsPercent: number };
  /** Have all caches behind `desired` been filled? */
  readonly synced: boolean;
  /** Addresses of pods individually seen to end since the last success. */
  readonly ended: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Asked before each write; throws when the point is no longer ours to write to. */
  readonly confirm?: () => Promise<void>;
}

/**
 * How a sync ended.
 *
 *   programmed  read back: the device is as desired, and where it can tell, in force
 *   activating  read back as desired, but the data plane has not caught up yet
 *   planned     mode Observe, and there is something to do
 *   held        a guard objected; what it did not object to has been done
 *   partial     some changes were refused and set aside; the rest is done
 *   failed      the device could not be brought further; try again as the error's class says
 */
export type SyncState = 'programmed' | 'activating' | 'planned' | 'held' | 'partial' | 'failed';

export interface SyncResult<R extends Resource = Resource> {
  readonly state: SyncState;
  readonly plan: Plan<R>;
  readonly violations: readonly Violation[];
  readonly losses: readonly Loss[];
  readonly foreign: Observed['foreign'];
  /** Every change that was sent, with what became of it. */
  readonly outcomes: readonly Outcome[];
  /** Changes set aside: refused by the device, or needing one that was. */
  readonly setAside: readonly { readonly key: ResourceKey; readonly error: AdapterError }[];
  readonly nativeCalls: number;
  /** What the statement "in force" rests on; empty when nothing was said. */
  readonly evidence: string;
  /** What ended a failed sync. */
  readonly error?: AdapterError;
  /** What the device still lacked when it was read last; absent when it was not read, or not completely. */
  readonly remaining?: readonly Change[];
  /** The device's own objects as they were read last; what `why`, `verify` and reports speak of. */
  readonly observed: readonly R[];
}

/**
 * Brings one enforcement point to its desired state: lower, observe, diff, guard, batch, send, read back.
 * Never throws for what the device did: that is in the result. Safe to repeat, and safe to break off anywhere.
 */
export async function syncPoint<C, R extends Resource>(task: SyncTask<C, R>): Promise<SyncResult<R>> {
  const { resources, losses } = task.adapter.lower(task.desired, task.context);
  const result: SyncResult<R> = { ...nothing, losses };
  try {
    const observed = await task.session.observe();
    const plan = diff(resources, observed.resources);
    const { violations, allowed } = guard<R>({ ...task, plan, observed });
    const seen = { ...result, plan, violations, foreign: observed.foreign, observed: observed.resources };
    if (task.mode === 'Observe') {
      const remaining = observed.complete ? { remaining: plan.changes } : {};
      return {
        ...seen,
        ...remaining,
        state: violations.length > 0 ? 'held' : plan.changes.length > 0 ? 'planned' : 'programmed',
      };
    }
    const sent = await carryOut(allowed, task);
    const done = { ...seen, ...sent };
    if (sent.error !== undefined) return { ...done, state: 'failed' };
    return await readBack(task, resources, done);
  } catch (error) {
    return { ...result, state: 'failed', error: asAdapterError(error) };
  }
}

/** Nothing counts as programmed until the device shows it. */
async function readBack<C, R extends Resource>(
  task: SyncTask<C, R>,
  resources: readonly R[],
  done: SyncResult<R>,
): Promise<SyncResult<R>> {
  const observed = done.nativeCalls > 0 ? await task.session.observe() : undefined;
  const remaining = observed === undefined ? done.plan.changes : diff(resources, observed.resources).changes;
  const unread =
    observed?.complete === false || done.violations.some((violation) => violation.guard === 'incomplete-read');
  const result = {
    ...done,
    ...(observed && { observed: observed.resources, foreign: observed.foreign }),
    ...(!unread && { remaining }),
  };
  if (done.violations.length > 0) return { ...result, state: 'held' };
  if (done.setAside.length > 0) return { ...result, state: 'partial' };
  if (remaining.length > 0 || unread) {
    return { ...result, state: 'failed', error: stillDifferent(remaining) };
  }
  const live = await task.session.live();
  return { ...result, state: live.state === 'pending' ? 'activating' : 'programmed', evidence: live.evidence };
}

function stillDifferent(remaining: readonly Change[]): AdapterError {
  const names = remaining.slice(0, 3).map(({ key }) => `${key.kind} ${key.name}`);
  const list = names.length > 0 ? ` (${names.join(', ')}${remaining.length > names.length ? ', ...' : ''})` : '';
  return asAdapterError(
    `The device reported success, but reading back shows ${remaining.length} differences${list}.`,
    'conflict',
  );
}

const nothing = {
  state: 'failed',
  plan: { changes: [] },
  violations: [],
  foreign: [],
  outcomes: [],
  setAside: [],
  nativeCalls: 0,
  evidence: '',
  observed: [],
} as const satisfies Omit<SyncResult, 'losses'>;
