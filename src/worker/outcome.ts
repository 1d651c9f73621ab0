import { errorPolicy, type AdapterError } from '../adapter/errors.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { PointOutcome } from '../core/model/outcome.ts';
import { keyOf, type Resource } from '../core/model/resource.ts';
import { rulesDigest } from '../core/status/share.ts';
import type { SyncReport } from './worker.ts';
import type { SyncResult } from './sync-point.ts';

type Progress = Pick<PointOutcome, 'programmedRules' | 'lastSyncTime' | 'liveSince'>;
type Judged = Pick<PointOutcome, 'state' | 'reason' | 'message'>;

/**
 * What a report means for status, given what was known before. Its message says the same as long as nothing changes:
 * no counts, no times.
 *
 * @param now RFC 3339
 */
export function outcomeOf(report: SyncReport, before: PointOutcome | undefined, now: string): PointOutcome {
  const base = before ?? { ...unknown, point: report.point };
  const seen = { ...base, version: report.version, at: now };
  if (report.path === 'none') return { ...seen, ...failed(report.error), liveSince: '' };
  if (report.path === 'delta')
    return { ...seen, state: 'sent', reason: 'Programmed', message: 'Members are in; read back shortly.' };
  const { result, desired } = report;
  return {
    ...seen,
    ...judge(result),
    ...measure(desired),
    ...progress(report, base, now),
    losses: result.losses,
    refused: refusals(result),
  };
}

const unknown = {
  losses: [],
  refused: [],
  rules: 0,
  addresses: 0,
  programmedRules: '',
  lastSyncTime: '',
  liveSince: '',
} as const;

function measure({ rules, groups }: DesiredState): Pick<PointOutcome, 'rules' | 'addresses'> {
  return { rules: rules.length, addresses: new Set(groups.flatMap(({ members }) => members)).size };
}

/** Live without a break from the first read-back on; any state that is not as desired ends it. */
function progress(
  { result, desired }: Extract<SyncReport, { path: 'full' }>,
  { programmedRules, lastSyncTime, liveSince }: Progress,
  now: string,
): Progress {
  if (result.state !== 'programmed') return { programmedRules, lastSyncTime, liveSince: '' };
  return { programmedRules: rulesDigest(desired.rules), lastSyncTime: now, liveSince: liveSince || now };
}

function judge(result: SyncResult): Judged {
  switch (result.state) {
    case 'programmed':
      return {
        state: 'programmed',
        reason: 'Programmed',
        message: `Read back and as desired; ${result.evidence || 'nothing had to change'}.`,
      };
    case 'activating':
      return {
        state: 'activating',
        reason: 'Activating',
        message: `Written and read back; the data plane has not caught up yet: ${result.evidence}.`,
      };
    case 'planned':
      return {
        state: 'planned',
        reason: 'ObserveOnly',
        message:
          'The device differs from the intent, and mode is Observe. `postern plan --live` shows what would change; set mode: Enforce to have it done.',
      };
    case 'held':
      return { state: 'held', reason: 'Held', message: result.violations.map(({ message }) => message).join(' ') };
    case 'partial':
      return {
        state: 'partial',
        reason: errorPolicy[result.setAside[0]?.error.errorClass ?? 'invalid'].reason,
        message: result.setAside[0]?.error.message ?? '',
      };
    case 'failed':
      return result.error === undefined ? { state: 'failed', reason: 'Failed', message: '' } : failed(result.error);
  }
}

function failed(error: AdapterError): Judged {
  return { state: 'failed', reason: errorPolicy[error.errorClass].reason, message: error.message };
}

/** Which rules and groups the refused objects were there for. */
function refusals({ setAside, plan, observed }: SyncResult): PointOutcome['refused'] {
  const planned = plan.changes.flatMap(({ after, before }) =>
    [after, before].filter((resource) => resource !== undefined),
  );
  const serves = new Map<string, string>();
  for (const resource of [...observed, ...planned] as readonly Resource[]) {
    if (resource.servesId !== undefined) serves.set(keyOf(resource), resource.servesId);
  }
  return setAside.flatMap(({ key, error }) => {
    const id = serves.get(keyOf(key));
    return id === undefined ? [] : [{ id, message: error.message }];
  });
}
