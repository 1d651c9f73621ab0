import type { Adapter, LowerContext, Observed, Outcome, Session } from '../adapter/adapter.ts';
import type { AdapterError } from '../adapter/errors.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Change, Plan, Violation } from '../core/model/plan.ts';
import type { Loss, Resource, ResourceKey } from '../core/model/resource.ts';
import { diff } from '../core/plan/diff.ts';
import { guard } from '../core/plan/guards.ts';
import { apart, brought } from '../core/plan/in-flight.ts';
import { carryOut } from './carry-out.ts';
import { asAdapterError } from './failure.ts';
import { noPassage, type Passage } from './passage.ts';

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
  /** Lets changes of members through while the device is read; absent: nothing passes. */
  readonly passage?: Passage<R>;
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
  /** Something that is left to do at the device is due after so many milliseconds; absent: nothing is left. */
  readonly lookAgainAfterMs?: number;
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
    const { observed, plan, wanted } = await compare(task, resources);
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
    if (plan.changes.length > 0 || violations.length > 0) task.passage?.narrow();
    const sent = await carryOut(allowed, task);
    const done = { ...seen, ...sent };
    if (sent.error !== undefined) return { ...done, state: 'failed' };
    return await readBack(task, wanted, done);
  } catch (error) {
    return { ...result, state: 'failed', error: asAdapterError(error) };
  }
}

interface Comparison<R extends Resource> {
  readonly observed: Observed<R>;
  readonly plan: Plan<R>;
  /** What the device should hold, with the members that were sent to it meanwhile. */
  readonly wanted: readonly R[];
}

/** Reads the device and holds it against what it should be, but for members that changed while it was read. */
async function compare<C, R extends Resource>(task: SyncTask<C, R>, wanted: readonly R[]): Promise<Comparison<R>> {
  const passage: Passage<R> = task.passage ?? noPassage;
  const { answer: observed, inFlight } = await passage.during(() => task.session.observe());
  const now = brought(wanted, inFlight);
  return { observed, wanted: now, plan: apart(diff(now, observed.resources), inFlight) };
}

/** Nothing counts as programmed until the device shows it. */
async function readBack<C, R extends Resource>(
  task: SyncTask<C, R>,
  wanted: readonly R[],
  done: SyncResult<R>,
): Promise<SyncResult<R>> {
  const again = done.nativeCalls > 0 ? await compare(task, wanted) : undefined;
  const remaining = (again?.plan ?? done.plan).changes;
  const observed = again?.observed;
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
  const { answer: live } = await (task.passage ?? noPassage).during(() => task.session.live());
  const { state, ...told } = live;
  return { ...result, ...told, state: state === 'pending' ? 'activating' : 'programmed' };
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
