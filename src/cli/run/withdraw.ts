import type { Adapter } from '../../adapter/adapter.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Auditor } from '../../audit/auditor.ts';
import type { AuditChoice } from '../../compose/audit.ts';
import type { RedisChoice } from '../../compose/redis-choice.ts';
import { nothingDesired } from '../../core/model/desired.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { renderPlan } from '../../core/plan/render.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { pointNamed } from '../../inspect/points.ts';
import type { SyncResult } from '../../worker/sync/sync-point.ts';
import { syncToEnd } from '../../worker/sync/sync-to-end.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';
import { audited } from './audited.ts';
import { withLeases } from './leased.ts';

export interface WithdrawOptions extends IntentOptions, AuditChoice, RedisChoice {
  readonly point: string;
  /** Do it; without, only show what would be done. */
  readonly yes?: true;
}

/** Takes everything with our mark off the device of one enforcement point: before it is given up, or after. */
export async function withdraw(options: WithdrawOptions, io: Io): Promise<ExitCode> {
  const intent = await readIntent(options, io);
  const point = pointNamed(intent, options.point);
  if (options.filename === undefined && point.spec.mode === 'Enforce')
    throw new UsageError(
      `EnforcementPoint ${options.point} is in mode Enforce, so a controller would write everything again; set mode: Observe first, or delete it and name its manifest with -f`,
    );
  const occasion = (auditor: Auditor): void => auditor.withdrawal(point);
  return audited({ intent, point, options, io, occasion }, async (sessions) => {
    const open = await sessions.open(point);
    const task = { ...open, adapter: bare(open.adapter), ...nothingAt(point, options.yes === true) };
    // Also of a point that is only observed by now, a worker may have begun before.
    const result = options.yes
      ? await withLeases(options.point, { choice: options, io }, (leased) =>
          leased((hold) => syncToEnd({ ...task, ...hold }, io.clock)),
        )
      : await syncToEnd({ ...task, signal: io.signal }, io.clock);
    io.out.write(`${text(result, options, io)}\n`);
    return exitOf(result);
  });
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
    return `${point}: nothing there has Postern's mark.`;
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
