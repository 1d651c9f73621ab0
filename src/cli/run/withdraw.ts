import type { Adapter } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { AuditStore } from '../../audit/audit-store.ts';
import { Auditor } from '../../audit/auditor.ts';
import { openAudit, type AuditChoice } from '../../compose/audit.ts';
import { nothingDesired } from '../../core/model/desired.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { renderPlan } from '../../core/plan/render.ts';
import { openSessions } from '../../inspect/devices.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { choosePoints } from '../../inspect/points.ts';
import { lazyObjects } from '../../kube/client/connect.ts';
import type { SessionsDeps } from '../../worker/sessions/sessions.ts';
import type { SyncResult } from '../../worker/sync/sync-point.ts';
import { syncToEnd } from '../../worker/sync/sync-to-end.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';

export interface WithdrawOptions extends IntentOptions, AuditChoice {
  readonly point: string;
  /** Do it; without, only show what would be done. */
  readonly yes?: true;
}

/** Takes everything with our mark off the device of one enforcement point: before it is given up, or after. */
export async function withdraw(options: WithdrawOptions, io: Io): Promise<ExitCode> {
  const intent = await readIntent(options, io);
  const [point] = choosePoints(intent.snapshot.enforcementPoints, options.point);
  if (point === undefined) throw new UsageError(`there is no EnforcementPoint "${options.point}"`);
  if (options.filename === undefined && point.spec.mode === 'Enforce')
    throw new UsageError(
      `EnforcementPoint ${options.point} is in mode Enforce, so that a controller would write everything again; set mode: Observe first, or delete it and name its manifest with -f`,
    );
  const audit = await openAudit(options, io.environment, (message) => io.err.write(`postern: ${message}\n`));
  const auditor = withdrawalAuditor(point, audit, io);
  const sessions = openSessions(intent, io, { ...auditor, kubernetes: lazyObjects(options, undefined) });
  try {
    const open = await sessions.open(point);
    const task = { ...open, adapter: bare(open.adapter), ...nothingAt(point, options.yes === true), signal: io.signal };
    const result = await syncToEnd(task, io.clock);
    io.out.write(`${text(result, options, io)}\n`);
    return exitOf(result);
  } catch (error) {
    if (error instanceof AdapterError) throw new UsageError(`${options.point}: ${error.message}`);
    throw error;
  } finally {
    await sessions.close();
    await audit.close();
  }
}

function withdrawalAuditor(
  point: EnforcementPoint,
  store: AuditStore,
  io: Io,
): Pick<SessionsDeps, 'around' | 'onRequest'> {
  const onError = (_: string, { message }: Error): void => io.err.write(`postern: ${message}\n`);
  const auditor = new Auditor({ store, clock: io.clock, onError });
  auditor.withdrawal(point);
  return { around: auditor.around.bind(auditor), onRequest: auditor.note.bind(auditor) };
}

/** Nothing is to be there, not even what a point has for an intent without rules, such as what closes it. */
function bare(adapter: Adapter): Adapter {
  return { ...adapter, lower: () => ({ resources: [], losses: [] }) };
}

/** That all of it goes is what was asked for, and no reason to hold it. */
function nothingAt({ metadata, spec }: EnforcementPoint, yes: boolean) {
  return {
    desired: nothingDesired(metadata.name, spec.defaultAction),
    mode: yes ? ('Enforce' as const) : ('Observe' as const),
    limits: { maxRemovals: Number.MAX_SAFE_INTEGER, maxRemovalsPercent: 100 },
    synced: true,
    ended: new Set<string>(),
  };
}

function text(
  { state, plan, nativeCalls, violations, quarantined, error }: SyncResult,
  { point }: WithdrawOptions,
  io: Io,
): string {
  const paint = painter(io.out, io.environment);
  if (plan.changes.length === 0 && error === undefined && violations.length === 0)
    return `${point}: nothing there has our mark.`;
  const troubles = [error, ...violations, ...quarantined.map((item) => item.error)].flatMap(
    (item) => item?.message ?? [],
  );
  const end =
    state === 'planned'
      ? 'Dry run: nothing was changed. Add --yes to do it.'
      : state === 'programmed'
        ? 'Done, and read back.'
        : '';
  return [
    `${paint(point, 'strong')}:`,
    renderPlan(plan.changes, nativeCalls, paint),
    ...troubles.map((message) => paint(message, 'bad')),
    ...(end === '' ? [] : [end]),
  ].join('\n');
}

function exitOf({ state }: SyncResult): ExitCode {
  if (state === 'planned') return exitCodes.pending;
  return state === 'programmed' || state === 'activating' ? exitCodes.ok : exitCodes.error;
}
