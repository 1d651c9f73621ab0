import { counted } from '../../core/text/wording.ts';
import type { Lowered, Observed } from '../../adapter/adapter.ts';
import { AdapterError, asAdapterError } from '../../adapter/errors.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { PendingChange } from '../../core/model/pending.ts';
import type { PointState } from '../../core/model/outcome.ts';
import type { Proxies } from '../../core/model/proxies.ts';
import { canonical } from '../../core/model/json.ts';
import type { Change, Plan, Violation } from '../../core/model/plan.ts';
import { keyOf, type Loss, type Resource } from '../../core/model/resource.ts';
import { inSlices, yieldToEventLoop } from '../../adapter/in-slices.ts';
import { diff, diffing } from '../../core/plan/diff.ts';
import { guarding, type Guarded, type GuardInput } from '../../core/plan/guard/guards.ts';
import { reachesIn } from '../../core/plan/guard/reach.ts';
import type { PlanProgress } from '../../core/plan/in-flight/overtaken.ts';
import type { WaitingUntil } from '../../core/plan/window/waiting-parts.ts';
import { judgedWhileClosed, type JudgedWhileClosed } from './closed-window.ts';
import { withMembers, withoutMembers } from '../../core/plan/in-flight/during-read.ts';
import { applyBatches, nothingApplied, type ApplyResult, type BatchTarget } from './apply-batches.ts';
import { noUpdates, type ConcurrentUpdates } from './concurrent-updates.ts';

/** One point, what it should be, and the connection to it. */
export interface SyncTask<C = unknown, R extends Resource = Resource> extends BatchTarget<C, R> {
  readonly desired: DesiredState;
  /** Observe: plan and report, touch nothing. */
  readonly mode: 'Observe' | 'Enforce';
  readonly limits: { readonly maxRemovals: number; readonly maxRemovalsPercent: number };
  /** When a change window of the point opens, in words; absent: one is open, or there is none. */
  readonly closedUntil?: string | undefined;
  /** What was in force last, where that was kept; asked for while `closedUntil`. */
  readonly inForce?: DesiredState | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: number;
  /** Writes from here on bring the device to this, which is not all that is desired. */
  readonly narrowed?: (desired: DesiredState) => Promise<void>;
  /** Have all caches behind `desired` been filled? */
  readonly synced: boolean;
  /** Addresses of pods individually seen to end since the last success. */
  readonly ended: ReadonlySet<string>;
  /** Sends member updates while the device is read; absent: nothing is sent then. */
  readonly updates?: ConcurrentUpdates<R>;
}

/**
 * How a sync ended.
 *
 *   programmed  read back: the device is as desired, and where it can tell, in force
 *   in-progress the device is still at work on something that was sent; nothing is known before that has ended
 *   activating  read back as desired, but the data plane has not caught up yet
 *   planned     mode Observe, and there is something to do
 *   held        a guard objected; what it did not object to has been done
 *   partial     some changes were refused and quarantined; the rest is done
 *   failed      the device could not be brought further; try again as the error's class says
 */
export type SyncState = Exclude<PointState, 'sent'>;

export interface SyncResult<R extends Resource = Resource> extends ApplyResult {
  readonly state: SyncState;
  readonly plan: Plan<R>;
  readonly violations: readonly Violation[];
  readonly losses: readonly Loss[];
  readonly foreign: Observed['foreign'];
  readonly neighbours?: Observed['neighbours'];
  readonly others?: Observed['others'];
  /** What the statement "in force" rests on; empty when nothing was said. */
  readonly evidence: string;
  /** Something that is left to do at the device is due after so many milliseconds; absent: nothing is left. */
  readonly lookAgainAfterMs?: number;
  /** Which proxies have what was written; absent: there are none, or nobody can tell. */
  readonly proxies?: Proxies;
  /** What the device still lacked when it was read last; absent when it was not read, or not completely. */
  readonly remaining?: readonly Change[];
  /** What waits for a change window, and when one opens, in words; absent: nothing. */
  readonly waits?: WaitingUntil;
  /** What of the desired state is in force while something waits. */
  readonly inForce?: DesiredState;
  /** The device's own objects as they were read last; what `why`, `verify` and reports speak of. */
  readonly observed: readonly R[];
}

/**
 * Brings one enforcement point to its desired state: observe, diff, guard, batch, send, read back.
 * Never throws for what the device did: that is in the result. Safe to repeat, and safe to break off anywhere.
 */
export async function syncPoint<C, R extends Resource>(task: SyncTask<C, R>): Promise<SyncResult<R>> {
  const updates: ConcurrentUpdates<R> = task.updates ?? noUpdates;
  const result = await bring(task, updates);
  try {
    await updates.end();
    return result;
  } catch (error) {
    return { ...result, state: 'failed', error: asAdapterError(error) };
  }
}

async function bring<C, R extends Resource>(
  task: SyncTask<C, R>,
  updates: ConcurrentUpdates<R>,
): Promise<SyncResult<R>> {
  let result: SyncResult<R> = { ...nothingDone, losses: [] };
  try {
    const { answer, inFlight } = await updates.whileReading(() => lowered(task));
    result = { ...result, losses: answer.losses };
    const first = await compare(task, withMembers(answer.resources, inFlight));
    const { violations, allowed, desired, ...waiting } = await guarded(task, first);
    result = { ...result, ...observedFields(first), ...waiting, plan: first.plan, violations };
    if (task.mode === 'Observe') return { ...result, ...lacking(first), state: stateOfPlan(result) };

    if (first.plan.changes.length > 0 || violations.length > 0) updates.stopGrants();
    const reachOf = reachesIn(desired, [...first.observed.resources, ...first.wanted]);
    await yieldToEventLoop();
    const sent = await applyBatches(allowed, {
      ...task,
      inFlight: pendingIn(updates),
      reachOf,
      ...letOvertake(task, first.overtaking, updates),
    });
    result = { ...result, ...sent };
    if (sent.error !== undefined || sent.isOutdated) return result;
    if (sent.pending.length + updates.pending.length > 0) return { ...result, state: 'in-progress' };

    const last = sent.nativeCalls > 0 ? await compare(task, withMembers(first.wanted, sent.overtaken ?? [])) : first;
    result = { ...result, ...observedFields(last), ...lacking(last) };
    if (violations.length > 0) return { ...result, state: 'held' };
    if (sent.quarantined.length > 0) return { ...result, state: 'partial' };
    if (last.plan.changes.length > 0 || !last.observed.complete)
      return { ...result, error: stillDifferent(last.plan.changes) };

    const live = await updates.whileReading(() => task.session.live());
    const { state, ...told } = live.answer;
    return { ...result, ...told, state: state === 'pending' ? 'activating' : 'programmed' };
  } catch (error) {
    return { ...result, state: 'failed', error: asAdapterError(error) };
  }
}

/** Whoever asked for this has compiled the point in the same turn, where both are one process. */
async function lowered<C, R extends Resource>({ adapter, desired, context }: SyncTask<C, R>): Promise<Lowered<R>> {
  await yieldToEventLoop();
  const made = adapter.lowering ? await inSlices(adapter.lowering(desired, context)) : adapter.lower(desired, context);
  await yieldToEventLoop();
  return made;
}

/** What the guards let through; while a change window is closed, of what permits more only what was in force before. */
async function guarded<C, R extends Resource>(
  task: SyncTask<C, R>,
  first: Comparison<R>,
): Promise<JudgedWhileClosed<R>> {
  const { desired, closedUntil, inForce: before, now = 0, adapter, context } = task;
  const { observed, plan, overtaking, planTo } = first;
  const judge = (input: Partial<GuardInput<R>>): Promise<Guarded<R>> =>
    inSlices(guarding<R>({ ...task, ...first, ...input }), overtaking.look);
  if (closedUntil === undefined || plan.changes.length === 0)
    return { ...(await judge({ closedUntil: undefined })), desired };
  const lower = (state: DesiredState): readonly R[] => adapter.lower(state, context).resources;
  const { resources } = observed;
  const closed = { wanted: desired, before: observed.complete ? before : undefined, resources, plan, lower, now };
  return judgedWhileClosed({ ...closed, closedUntil, planTo, narrowed: task.narrowed }, judge);
}

interface Comparison<R extends Resource> {
  readonly observed: Observed<R>;
  readonly plan: Plan<R>;
  /** What the device should hold, with the members that were sent to it meanwhile. */
  readonly wanted: readonly R[];
  readonly overtaking: Overtaking;
  /** What would bring it to these, from what was read. */
  readonly planTo: (resources: readonly R[]) => Plan<R>;
}

/** Withdrawals that do not wait until a plan is made. */
interface Overtaking {
  /** Members that have moved since the device was read. */
  readonly moved: readonly Change[];
  readonly isThere: PlanProgress['isThere'];
  readonly look: () => Promise<void>;
}

function overtakingOn({ resources }: Observed, updates: ConcurrentUpdates): Overtaking {
  const there = new Set(resources.map(keyOf));
  const isThere: Overtaking['isThere'] = (key) => there.has(keyOf(key));
  const moved: Change[] = [];
  const look = async (): Promise<void> => {
    // Where members may still be let in, as in a read-back, both go on together when the plan is made.
    if (updates.grants) return;
    const overtaken = await updates.overtake({ inFlight: pendingIn(updates), isThere });
    for (const change of overtaken) moved.push(change);
  };
  return { moved, isThere, look };
}

/** Beside a call only where the device takes both at once. */
function letOvertake(
  { context: { capabilities } }: Pick<BatchTarget, 'context'>,
  { moved, isThere }: Overtaking,
  updates: ConcurrentUpdates,
): Pick<BatchTarget, 'overtaken' | 'overtake' | 'overtakeWhile' | 'isThere'> {
  const { sendWhileReading = false, callsInFlight = 1 } = capabilities;
  const takesBoth = sendWhileReading && callsInFlight > 1;
  return {
    overtaken: moved,
    isThere,
    overtake: (progress) => updates.overtake(progress),
    ...(takesBoth && { overtakeWhile: (progress, call) => updates.overtakeWhile(progress, call) }),
  };
}

function pendingIn({ pending }: ConcurrentUpdates): readonly PendingChange[] {
  return pending.flatMap(({ changes }) => changes);
}

/** Reads the device and compares it with what it should be, but for members that changed while it was read. */
async function compare<C, R extends Resource>(
  { updates = noUpdates, session }: SyncTask<C, R>,
  resources: readonly R[],
): Promise<Comparison<R>> {
  const { answer: observed, inFlight } = await updates.whileReading(() => session.observe());
  await yieldToEventLoop();
  const wanted = withMembers(resources, inFlight);
  const overtaking = overtakingOn(observed, updates);
  const plan = await inSlices(diffing(wanted, observed.resources), overtaking.look);
  const planTo = (others: readonly R[]): Plan<R> =>
    withoutMembers(diff(withMembers(others, inFlight), observed.resources), inFlight);
  return { observed, wanted, plan: withoutMembers(plan, inFlight), overtaking, planTo };
}

function observedFields<R extends Resource>({
  observed,
}: Pick<Comparison<R>, 'observed'>): Pick<SyncResult<R>, 'observed' | 'foreign' | 'neighbours' | 'others'> {
  const { resources, foreign, neighbours, others } = observed;
  return { observed: resources, foreign, neighbours, others };
}

/** Nothing is concluded from what could not be read. */
function lacking({ observed, plan }: Pick<Comparison<Resource>, 'observed' | 'plan'>): Pick<SyncResult, 'remaining'> {
  return observed.complete ? { remaining: plan.changes } : {};
}

function stateOfPlan({ violations, plan }: Pick<SyncResult, 'violations' | 'plan'>): SyncState {
  if (violations.length > 0) return 'held';
  return plan.changes.length > 0 ? 'planned' : 'programmed';
}

function stillDifferent(remaining: readonly Change[]): AdapterError {
  const names = remaining.slice(0, 3).map((change) => `${change.key.kind} ${change.key.name}${fieldsOf(change)}`);
  const list = names.length > 0 ? ` (${names.join(', ')}${remaining.length > names.length ? ', ...' : ''})` : '';
  return new AdapterError(
    'conflict',
    `The device reported success, but reading back shows ${counted(remaining.length, 'difference')}${list}.`,
  );
}

/** ` fsso-groups`: the fields in which an object differs, so that one that a device fills in by itself is found. */
function fieldsOf({ before, after }: Change): string {
  if (before === undefined || after === undefined) return '';
  const differs = (field: string): boolean =>
    canonical(before.spec[field] ?? null) !== canonical(after.spec[field] ?? null);
  const fields = Object.keys({ ...before.spec, ...after.spec }).filter(differs);
  return fields.length === 0 ? '' : ` in ${fields.slice(0, 3).join(', ')}`;
}

const nothingDone = {
  ...nothingApplied,
  state: 'failed',
  plan: { changes: [] },
  violations: [],
  foreign: [],
  evidence: '',
  observed: [],
} as const satisfies Omit<SyncResult, 'losses'>;
