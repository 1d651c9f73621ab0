import { errorPolicy, nextTryOf, type AdapterError } from '../adapter/errors.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Json } from '../core/model/json.ts';
import type { Difference, Drift, PointOutcome } from '../core/model/outcome.ts';
import type { PendingOperation } from '../core/model/pending.ts';
import type { Change } from '../core/model/plan.ts';
import { keyOf, type Resource } from '../core/model/resource.ts';
import { rulesDigest } from '../core/status/object-rules.ts';
import { leftOut, leftOutSentence } from '../core/status/left-out.ts';
import { sentences } from '../core/text/wording.ts';
import { heldMembers } from '../core/plan/guard/held-groups.ts';
import { waitingText } from '../core/plan/window/waiting-parts.ts';
import { affectedIds, unknownUsers } from '../core/plan/affected.ts';
import type { SyncReport } from './sync-report.ts';
import type { SyncResult } from './sync/sync-point.ts';

type Progress = Pick<
  PointOutcome,
  'vantage' | 'programmedRules' | 'differing' | 'rulesThere' | 'lastSyncTime' | 'liveSince' | 'readBackVersion'
>;
/** What stays from one report to the next. */
type Known = Omit<PointOutcome, 'version' | 'at' | keyof Judged>;
type Judged = Pick<PointOutcome, 'state' | 'reason' | 'message'>;

/**
 * What a report means for status, given what was known before. Its message says the same as long as nothing changes:
 * no counts, no times.
 *
 * @param now RFC 3339
 */
export function outcomeOf(report: SyncReport, before: PointOutcome | undefined, now: string): PointOutcome {
  const base: Known = before ?? { ...unknown, point: report.point };
  const seen = { ...base, version: report.version, at: now };
  if (report.path === 'none') return { ...seen, ...failed(report.error), liveSince: '' };
  if (report.path === 'delta') return { ...seen, ...judgeDelta(report, before) };
  const { result, pending, desired } = report;
  // What proxies had, what is held and what waits is what was heard last, or nothing.
  const { proxies: _, held: __, waiting: ___, unseen: ____, ...kept } = seen;
  const refused = refusals(result);
  const missing = leftOut(desired.rules, { losses: result.losses, refused });
  const told = leftOutSentence(desired.rules.length, missing);
  return {
    ...kept,
    ...judge(result, pending, told),
    ...measure(desired),
    ...progress(report, base, now, refused),
    losses: result.losses,
    refused,
    ...waitingIn(result),
    ...placed(report),
    ...drifted(report, base, now),
    ...stillHeld(result, desired),
    ...(isUnseen(result) && { unseen: true as const }),
    ...(result.proxies !== undefined && { proxies: result.proxies }),
    ...(report.deviceVersion !== undefined && { deviceVersion: report.deviceVersion }),
  };
}

/** Each by itself, so that the policy concerned can say it. */
function waitingIn({ waits }: SyncResult): Pick<PointOutcome, 'waiting'> {
  if (waits === undefined) return {};
  const told = waits.all.map((one) => ({ id: one.id, message: waitingText([one], waits.until), partly: one.partly }));
  return { waiting: told };
}

/** Where there is something of ours. What was written elsewhere before stays known until then. */
function placed({ place, result }: Extract<SyncReport, { path: 'full' }>): Pick<PointOutcome, 'place'> {
  const isThere = result.observed.length > 0 || result.nativeCalls > 0;
  return place !== undefined && isThere && result.state !== 'planned' ? { place } : {};
}

function stillHeld(
  { state, remaining = [], observed: resources }: SyncResult,
  desired: DesiredState,
): Pick<PointOutcome, 'held'> {
  const held = state === 'held' ? heldMembers(remaining, { desired, observed: { resources } }) : [];
  return held.length > 0 ? { held } : {};
}

function judgeDelta(
  { result: { error }, pending, readBack }: Extract<SyncReport, { path: 'delta' }>,
  before: PointOutcome | undefined,
): Judged & Pick<Progress, 'readBackVersion'> {
  if (error !== undefined) return failed(error);
  if (pending.length > 0) return inProgress(pending);
  if (readBack !== undefined && before?.state === 'programmed')
    return { ...judgedIn(before), readBackVersion: readBack };
  return { state: 'sent', reason: 'Programmed', message: 'The members are written; Postern reads them back shortly.' };
}

function judgedIn({ state, reason, message }: PointOutcome): Judged {
  return { state, reason, message };
}

const mostDifferences = 10;

/** What was changed on the device behind our back; the last time is kept. */
function drifted(
  { result, drift }: Extract<SyncReport, { path: 'full' }>,
  before: Known,
  now: string,
): Pick<PointOutcome, 'drift'> {
  const healed = result.state !== 'planned' && result.state !== 'held';
  const seen = drift.length === 0 ? before.drift : summary(drift, healed, now);
  return seen === undefined ? {} : { drift: seen };
}

function summary(drift: readonly Difference[], healed: boolean, at: string): Drift {
  return { at, healed, count: drift.length, differences: drift.slice(0, mostDifferences).map(brief) };
}

/** Long values are cut: this travels, and people read it. */
function brief(difference: Difference): Difference {
  return { ...difference, desired: shortened(difference.desired), found: shortened(difference.found) };
}

function shortened(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length <= 300 ? value : `${text.slice(0, 297)}...`;
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

/** Live without a break from the first read-back on; any state in which it is not as desired ends it. */
function progress(
  report: Extract<SyncReport, { path: 'full' }>,
  before: Known,
  now: string,
  refused: PointOutcome['refused'],
): Partial<Progress> {
  const { result, desired, version, readBack = version } = report;
  const compared = comparison(result, desired, refused);
  if (result.state !== 'programmed') return { ...compared, liveSince: isUnseen(result) ? before.liveSince : '' };
  const { vantage } = report;
  return { ...compared, vantage, lastSyncTime: now, liveSince: before.liveSince || now, readBackVersion: readBack };
}

/** Nothing known is held: the device was read, and has everything that is known to be wanted. */
function isUnseen({ state, violations, remaining }: SyncResult): boolean {
  return state === 'held' && remaining?.length === 0 && violations.every(({ guard }) => guard === 'not-synced');
}

/** Nothing, and what was known stands, where the device or the cluster was not seen whole, or the data plane lags behind. */
function comparison(
  { state, remaining, violations, plan, observed, losses }: SyncResult,
  { rules }: DesiredState,
  refused: PointOutcome['refused'],
): Partial<Progress> {
  const unclear =
    state === 'failed' || state === 'activating' || violations.some(({ guard }) => guard === 'not-synced');
  if (remaining === undefined || unclear) return {};
  const known = [...observed, ...plan.changes.flatMap(objectsIn)];
  const differing = affectedIds(remaining, known);
  const absent = new Set([...leftOut(rules, { losses, refused }).ids, ...differing]);
  const rulesThere = absent.has(unknownUsers) ? 0 : rules.filter(({ id }) => !absent.has(id)).length;
  return { programmedRules: rulesDigest(rules), differing, rulesThere };
}

function judge(result: SyncResult, pending: readonly PendingOperation[], missing: string | undefined): Judged {
  switch (result.state) {
    case 'in-progress':
      return inProgress(pending);
    case 'programmed':
      return {
        state: 'programmed',
        reason: 'Programmed',
        message: `${asDesired(result.evidence, missing)}${besides(result)}`,
      };
    case 'activating':
      return {
        state: 'activating',
        reason: 'Activating',
        message: `Written and read back, but not yet in force as written: ${result.evidence}.`,
      };
    case 'planned':
      return {
        state: 'planned',
        reason: 'ObserveOnly',
        message:
          'The device differs from the intent, and mode is Observe. `postern plan --live` shows what would change; set mode: Enforce to have it done.',
      };
    case 'held': {
      const waits = result.violations.every(({ guard }) => guard === 'change-window');
      const message = result.violations.map((violation) => violation.message).join(' ');
      return { state: 'held', reason: waits ? 'WaitsForWindow' : 'Held', message };
    }
    case 'partial':
      return {
        state: 'partial',
        reason: errorPolicy[result.quarantined[0]?.error.errorClass ?? 'invalid'].reason,
        message: missing === undefined ? (result.quarantined[0]?.error.message ?? '') : `In force, ${missing}.`,
      };
    case 'failed':
      return result.error === undefined ? { state: 'failed', reason: 'Failed', message: '' } : failed(result.error);
  }
}

/** Says the same from one poll to the next. */
function inProgress(pending: readonly PendingOperation[]): Judged {
  const [first] = pending.toSorted((a, b) => a.since - b.since);
  const since = first === undefined ? '' : ` since ${new Date(first.since).toISOString()}`;
  const said = first?.deviceSays ? ` It says: ${first.deviceSays}.` : '';
  const message = `The device has been carrying out a change${since}.${said} Postern asks again until it has ended.`;
  return { state: 'in-progress', reason: 'InProgress', message };
}

function asDesired(evidence: string, missing: string | undefined): string {
  if (missing !== undefined) return `Programmed, ${missing}.`;
  return `Read back and as desired; ${evidence || 'nothing had to change'}.`;
}

/** Both have written here before either could see the other: each keeps to its own objects, and a person has to choose. */
function besides({ neighbours }: SyncResult): string {
  if (neighbours === undefined) return '';
  const names = neighbours.points.map((name) => `EnforcementPoint/${name}`).join(', ');
  return ` But ${names} writes to the same place, where the rules of one may stand before those of the other: give each a place of its own in spec.config.`;
}

function failed(error: AdapterError): Judged {
  const message = sentences(error.message, nextTryOf(error));
  return { state: 'failed', reason: errorPolicy[error.errorClass].reason, message };
}

/** Which rules and groups the refused objects were there for. */
function refusals({ quarantined, plan, observed }: SyncResult): PointOutcome['refused'] {
  if (quarantined.length === 0) return [];
  const serves = ownersOf([...observed, ...plan.changes.flatMap(objectsIn)]);
  return quarantined.flatMap(({ key, error }) => {
    const id = serves.get(keyOf(key));
    return id === undefined ? [] : [{ id, message: error.message }];
  });
}

function objectsIn({ after, before }: Change): Resource[] {
  return [after, before].filter((resource) => resource !== undefined);
}

/** What each object, by key, is there for. */
function ownersOf(resources: readonly Resource[]): ReadonlyMap<string, string> {
  return new Map(
    resources.flatMap(({ desiredId, ...key }) => (desiredId === undefined ? [] : [[keyOf(key), desiredId] as const])),
  );
}
