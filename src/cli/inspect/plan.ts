import { compareProblems, type Problem } from '../../api/problem.ts';
import { readAssumption } from '../../adapter/assumptions.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import type { Change } from '../../core/model/plan.ts';
import type { Paint } from '../../core/text/paint.ts';
import { renderPlan } from '../../core/plan/render.ts';
import { besideWorkers } from '../../compose/beside-workers.ts';
import type { RedisChoice } from '../../compose/redis-choice.ts';
import { emptyDevices, liveDevices, openSessions } from '../../inspect/devices.ts';
import {
  compileIntent,
  readIntent,
  type CompiledIntent,
  type Intent,
  type IntentOptions,
} from '../../inspect/intent.ts';
import { planPoints, type Plans, type PointPlan } from '../../inspect/plan.ts';
import { choosePoints, hasUnreadPoint } from '../../inspect/points.ts';
import { lazyObjects } from '../../kube/client/connect.ts';
import { isData, writeData, type DataFormat } from '../data.ts';
import { exitCodes, exitFor, painter, writeProblems, type ExitCode, type Io } from '../io.ts';

export interface PlanOptions extends IntentOptions, RedisChoice {
  readonly output: 'text' | DataFormat;
  readonly point?: string;
  readonly live?: true;
  /** Facts of devices that are not asked. */
  readonly assume?: readonly string[];
}

/** What would change on the firewalls for the cluster, or if these files were the cluster. Changes nothing. */
export async function plan(options: PlanOptions, io: Io): Promise<ExitCode> {
  const assumptions = (options.assume ?? []).map(readAssumption);
  if (options.live === true && assumptions.length > 0)
    throw new UsageError('with --live the devices say what they are: leave out --assume');
  const intent = await readIntent(options, io);
  const compiled = compileIntent(intent.snapshot, io.clock.now());
  const points = choosePoints(intent, options.point);
  // A fact about a point that is not there is a typing error, and would be treated as counted.
  for (const { point } of assumptions) choosePoints(intent, point);
  const { plans, failures } = options.live
    ? await planLive(points, { intent, compiled }, options, io)
    : await planPoints(points, compiled, emptyDevices(intent.cluster, assumptions));
  const none = points.length > 0 || hasUnreadPoint(intent.problems) ? [] : [noPoint(options)];
  const problems = [...intent.problems, ...compiled.problems(), ...failures, ...none].sort(compareProblems);
  if (isData(options.output)) writeData({ points: plans.map(asJson), problems }, options.output, io);
  else {
    writeProblems(problems, io);
    for (const planned of plans) io.out.write(`${text(planned, options.live === true, io)}\n`);
  }
  return exitFor(problems, plans.some(({ changes }) => changes.length > 0) ? exitCodes.pending : exitCodes.ok);
}

async function planLive(
  points: ReturnType<typeof choosePoints>,
  { intent, compiled }: { readonly intent: Intent; readonly compiled: CompiledIntent },
  options: PlanOptions,
  io: Io,
): Promise<Plans> {
  const workers = await besideWorkers(options, io.environment);
  const sessions = openSessions(intent, io, { kubernetes: lazyObjects(options, io.signal) });
  const { signal } = io;
  try {
    return await planPoints(points, compiled, liveDevices(sessions), {
      signal,
      now: io.clock.now(),
      inForce: workers?.inForce,
    });
  } finally {
    await sessions.close();
    workers?.disconnect();
  }
}

function noPoint({ filename }: PlanOptions): Problem {
  const message =
    filename === undefined
      ? 'the cluster has none, so that there is nothing to plan for'
      : 'there is none in these files, so that there is nothing to plan for; add one with -f';
  return { severity: 'warning', subject: 'EnforcementPoint', field: '', code: 'no-enforcement-point', message };
}

function asJson({ name, adapter, device, assumed, nativeCalls, losses, guard, ...plan }: PointPlan): unknown {
  const changes = plan.changes.map(changeAsJson);
  const atOnce = plan.closedUntil === undefined ? undefined : plan.allowed.map(changeAsJson);
  return { name, adapter, device, assumed, changes, ...(atOnce && { atOnce }), nativeCalls, losses, guard };
}

/** With what is there and what is to be there, in the words of the device, and with the members that come and go. */
function changeAsJson(change: Change): unknown {
  const { op, phase, key, before, after } = change;
  const title = (after ?? before)?.title;
  const members = op === 'members' ? change : { add: op === 'create' ? after.members : undefined, remove: undefined };
  return {
    ...{ op, kind: key.kind, name: key.name, phase },
    ...(title !== undefined && { title }),
    ...(op !== 'members' && { before: before?.spec, after: after?.spec }),
    ...{ add: members.add, remove: members.remove },
  };
}

function text(
  { name, adapter, device, assumed, changes, nativeCalls, losses, guard, closedUntil, allowed }: PointPlan,
  live: boolean,
  io: Io,
): string {
  const paint = painter(io.out, io.environment);
  const against = live ? 'as it is now' : 'as if it were empty; --live reads the real one';
  return [
    `${paint(name, 'strong')} ${paint(`(${adapter}, ${against})`, 'dim')}`,
    renderPlan(changes, nativeCalls, paint),
    ...(changes.length > 0 ? [paint(`  ${howItTakesChanges(device)}`, 'dim')] : []),
    ...(assumed.length > 0 ? [paint(`  taken for granted: ${factsText(assumed)}`, 'dim')] : []),
    ...losses.map(({ effect, message }) => paint(`  ${effect}: ${message}`, 'warn')),
    ...guard.map(({ message }) => paint(`  held: ${message}`, 'bad')),
    ...(closedUntil === undefined ? [] : atOnceLines(allowed, paint)),
    '',
  ].join('\n');
}

/** While a change window is closed, a part of a change may go at once. */
function atOnceLines(allowed: PointPlan['allowed'], paint: Paint): readonly string[] {
  if (allowed.length === 0) return ['  at once: nothing'];
  return ['  at once:', renderPlan(allowed, 0, paint)];
}

/** Of what only its kind says, the version is not known. */
function factsText(assumed: PointPlan['assumed']): string {
  const by = { assume: ' (--assume)', status: ' (status)', kind: '' } as const;
  const known = assumed.map(({ name, value, from }) => `${name} ${value === '' ? 'unknown' : value}${by[from]}`);
  return known.join(', ');
}

const memberWords = {
  delta: 'of members only what differs is sent',
  replace: 'members are replaced as a whole list',
  inline: 'members are a part of the rules',
} as const;
const lockWords = {
  none: '',
  token: ', under a lock token',
  document: ', under a lock of the whole document',
} as const;
const serialisedWords = {
  target: 'one change at a time',
  container: 'one change at a time of objects of a kind',
  object: 'changes of different objects side by side',
  none: 'a change of members follows the last without waiting',
} as const;

/** `of members only what differs is sent, changes of different objects side by side; in force after about 2 s`. */
function howItTakesChanges({ memberUpdates, lock, serialised, settleSeconds: seconds }: PointPlan['device']): string {
  const time = seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
  const settled = seconds === 0 ? 'at once' : `after about ${time}`;
  return `${memberWords[memberUpdates]}${lockWords[lock]}, ${serialisedWords[serialised]}; in force ${settled}`;
}
