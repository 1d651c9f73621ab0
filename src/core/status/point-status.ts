import type { PointStatus } from '../../api/status.ts';
import { parseInstant } from '../time/instant.ts';
import type { PointOutcome } from '../model/outcome.ts';
import type { Problem } from '../../api/problem.ts';
import type { Loss } from '../model/resource.ts';
import { accepted, conditionsOf, readyOf, unlessLate, type Judgement, type LateWork } from './conditions.ts';
import { whileProgrammed } from './consistent.ts';
import { allProxies, liveOf, proxiesText } from './live-proxies.ts';
import { lossesFor } from './object-rules.ts';

export interface PointStatusInput {
  readonly generation: number;
  readonly problems: readonly Problem[];
  readonly outcome: PointOutcome | undefined;
  /** What the point cannot distinguish, beside what its adapter cannot express. */
  readonly overGrants: readonly Loss[];
  /** Whether it agreed with all other layers at the last comparison; absent: not compared yet. */
  readonly consistent?: Judgement | undefined;
  /** Name of the point. */
  readonly name: string;
  /** What a person says of the places that it left; absent: nothing. */
  readonly acknowledged?: string | undefined;
  /** Work for it that has waited too long. */
  readonly late?: LateWork | undefined;
  readonly before: PointStatus | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/** The status of an enforcement point: is it accepted, and is its device as desired? */
export function pointStatus(input: PointStatusInput): PointStatus {
  const { generation, problems, outcome, overGrants, consistent, late, before, now } = input;
  const inForce = programmed(outcome, before);
  const judgements = [accepted(problems), unlessLate(inForce, late)];
  const places = placesOf(before, outcome?.place, input.acknowledged);
  const vantage = outcome?.vantage ?? before?.vantage;
  const proxies = outcome?.proxies && allProxies(outcome.proxies);
  const besides = [
    consistent && whileProgrammed(consistent, inForce),
    proxies && liveOf(input.name, proxies),
    withdrawn(places, input.name),
  ].filter((one) => one !== undefined);
  const all = [...judgements, ...besides];
  return {
    observedGeneration: generation,
    ready: readyOf(judgements),
    conditions: conditionsOf(all, before?.conditions ?? [], generation, now),
    ...places,
    ...(vantage !== undefined && { vantage }),
    ...(outcome && measured(outcome, overGrants, before)),
    ...(proxies && { proxies: proxiesText(proxies) }),
  };
}

function measured(
  { rules, rulesThere, addresses, losses, lastSyncTime, deviceVersion, liveSince }: PointOutcome,
  overGrants: readonly Loss[],
  before: PointStatus | undefined,
): Partial<PointStatus> {
  return {
    rules,
    ...(rulesThere !== undefined && { inForce: `${rulesThere}/${rules}` }),
    addresses,
    losses: lossesFor([...losses, ...overGrants]),
    ...(lastSyncTime !== '' && { lastSyncTime: synced(lastSyncTime, before?.lastSyncTime) }),
    ...(deviceVersion !== undefined && { deviceVersion: deviceVersion.slice(0, 63) }),
    ...(liveSince !== '' && { liveSince }),
  };
}

const minuteMs = 60_000;

/** Devices are read every few seconds; an object that says so each time would be written as often. */
function synced(time: string, before: string | undefined): string {
  const [at, known] = [parseInstant(time), parseInstant(before ?? '')];
  if (before === undefined || at === undefined || known === undefined) return time;
  return at >= known && at - known < minuteMs ? before : time;
}

function programmed(outcome: PointOutcome | undefined, before: PointStatus | undefined): Judgement {
  const type = 'Programmed';
  if (outcome === undefined)
    return {
      type,
      status: 'Unknown',
      reason: 'Pending',
      message: 'No worker has synced this point yet; if this lasts, check that a worker is running.',
    };
  const { reason, message } = outcome;
  switch (outcome.state) {
    case 'programmed':
      return { type, status: 'True', reason: 'Programmed', message };
    case 'sent':
      // Members went out and are read back shortly: what was true before them still is, in the same words.
      return outcome.liveSince === ''
        ? { type, status: 'Unknown', reason: 'Pending', message }
        : { type, status: 'True', reason: 'Programmed', message: wordsOf(before) ?? message };
    case 'activating':
    case 'in-progress':
      return { type, status: 'Unknown', reason, message };
    default:
      return { type, status: 'False', reason, message };
  }
}

function wordsOf(before: PointStatus | undefined): string | undefined {
  return before?.conditions?.find(({ type, status }) => type === 'Programmed' && status === 'True')?.message;
}

/*
 * Where a point writes to, and where it wrote to before: another VDOM, another device, with another adapter, or under
 * another name of the cluster. Postern does not write there again: what is in force there stays until a person removes it.
 */

type Places = Pick<PointStatus, 'writesTo' | 'leftBehind' | 'acknowledged'>;

const mostPlaces = 16;
/** Of an annotation: what tells one from another. */
const mostAcknowledged = 1_023;

/**
 * An acknowledgement covers the places reported at that time. It stays on the object, and does not cover a place that is left later.
 *
 * @param before as the status said it
 * @param here where a worker wrote to last; undefined: it has written nothing yet
 * @param annotation the places that need no more attention, `;` between them, or `all`
 */
export function placesOf(before: Places | undefined, here: string | undefined, annotation: string | undefined): Places {
  const { writesTo = here, leftBehind = [] } = before ?? {};
  const acknowledged = annotation?.slice(0, mostAcknowledged);
  const now = here ?? writesTo;
  const done = acknowledged === before?.acknowledged ? [] : (annotation ?? '').split(';').map((place) => place.trim());
  const left = [...leftBehind, ...(writesTo === undefined ? [] : [writesTo])].filter(
    (place) => place !== now && !done.includes('all') && !done.includes(place),
  );
  const distinct = [...new Set(left)].slice(-mostPlaces);
  return {
    ...(now !== undefined && { writesTo: now }),
    ...(distinct.length > 0 && { leftBehind: distinct }),
    ...(acknowledged !== undefined && { acknowledged }),
  };
}

/** Undefined: nothing was left behind. */
export function withdrawn({ leftBehind = [], acknowledged }: Places, point: string): Judgement | undefined {
  if (leftBehind.length === 0) return undefined;
  // The same words again would be no change of the object.
  const words = acknowledged === 'all' ? `'${leftBehind.join('; ')}'` : 'all';
  const message =
    `It wrote to ${leftBehind.join('; ')} before, and its rules there may still be in force. ` +
    `Remove them with postern withdraw and the point as it was (-f OLD.yaml --point ${point} --cluster NAME --yes), or on the device itself; ` +
    `then: kubectl annotate enfp ${point} --overwrite postern.dev/left-behind=${words}`;
  return { type: 'Withdrawn', status: 'False', reason: 'LeftBehind', message };
}
