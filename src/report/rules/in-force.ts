import type { ObjectAt } from '../../core/audit/history.ts';
import type { AuditRule } from '../../core/audit/record.ts';
import type { AddressGroup, Rule } from '../../core/model/desired.ts';
import type { Loss } from '../../core/model/resource.ts';
import type { Proxies } from '../../core/model/proxies.ts';
import type { ProxyShare } from '../../core/status/live-proxies.ts';
import { counted, firstFew, throughPorts } from '../../core/text/wording.ts';
import type { RecordedState } from '../record/recorded-state.ts';
import type { RuleEntry } from '../report.ts';

type InForce = RuleEntry['live'];

/** What reading a device for the report showed. */
export interface LiveReading {
  readonly at: string;
  /** Of the device. */
  readonly version: string;
  /** Whether all of it could be read. */
  readonly complete: boolean;
  readonly state: 'live' | 'pending' | 'unknown';
  /** What `state` rests on. */
  readonly evidence: string;
  readonly differences: number;
  /** Which proxies have what was written; absent: there are none, or it is not known. */
  readonly proxies?: Proxies;
  /** Ids of rules and groups that differ from the intent; `*`: something that any rule may need. */
  readonly differing: ReadonlySet<string>;
  /** By id of rule; undefined: the device has no counters. */
  readonly hits:
    ReadonlyMap<string, { readonly hits: number; readonly firstHit?: string; readonly lastHit?: string }> | undefined;
}

/** A rule, and what is known about whether the device enforces it. */
export interface RuleContext {
  readonly rule: Rule;
  /** Members of its groups that only the device or only the intent has, by the record. */
  readonly differingSources: number;
  readonly mode: 'Enforce' | 'Observe';
  readonly losses: readonly Loss[];
  /** Whether the device needs an object for it. Undefined: not known. */
  readonly lowered: boolean | undefined;
  /** The proxies of its sources, as the device told; absent: there are none, or it is not known. */
  readonly proxies?: ProxyShare | undefined;
}

/** Whether a rule is in force, by what the device shows now. */
export function inForceNow({ rule, losses, lowered, proxies }: RuleContext, live: LiveReading): InForce {
  const unsupported = cannot(losses, lowered);
  if (unsupported !== undefined) return unsupported;
  const { differing, complete, state, evidence } = live;
  if ([rule.id, ...rule.sources, '*'].some((id) => differing.has(id))) return no('the device differs from the intent');
  if (!complete) return unclear('the device could not be read completely');
  if (state === 'pending') return no(`written, but not yet in force as written: ${evidence}`);
  return yes(`read back${state === 'live' ? '' : '; the device does not tell more'}: ${evidence}${besides(proxies)}`);
}

/** The proxies of those who ask, beside those who decide. */
function besides(proxies: ProxyShare | undefined): string {
  if (proxies === undefined || proxies.pods === 0) return '';
  const { pods, current, behind } = proxies;
  const lacking = behind.map(({ pod, reason }) => `${pod} ${reason}`);
  const count = `; ${current} of ${counted(pods, 'pod')} of its subjects ${pods === 1 ? 'has' : 'have'} a proxy with it`;
  return current === pods ? count : `${count}: ${firstFew(lacking, 3, '; ', pods - current)}`;
}

/**
 * Whether a rule is in force, by the record.
 *
 * @param unanswered the device was asked, too, and could not be read: what the record says of then is no answer to how it is now
 */
export function inForceOnRecord(question: RuleContext, record: RecordedState | undefined, unanswered = false): InForce {
  const known = onRecord(question, record);
  return unanswered && known.state === 'yes'
    ? unclear(`the device could not be read now; by the record: ${known.reason}`)
    : known;
}

function onRecord(question: RuleContext, record: RecordedState | undefined): InForce {
  const { rule, mode, losses, lowered, differingSources } = question;
  const unsupported = cannot(losses, lowered);
  if (unsupported !== undefined) return unsupported;
  if (record === undefined) return unclear('nothing is on record of this point');
  const ids = new Set([rule.id, ...rule.sources]);
  if (record.uncertain.some(({ id }) => id !== undefined && ids.has(id)))
    return unclear('a write for it was sent, and its result is not known yet');
  const own = record.byId.get(rule.id) ?? [];
  const latest = lastChanged(own);
  const lacks = record.holes.some(({ why }) => why !== 'time') ? maybeWritten : no;
  if (latest?.rule === undefined)
    return mode === 'Observe' ? no('the point only observes') : lacks('not on the device, by the record');
  if (!isSame(latest.rule, rule))
    return lacks('the device still has the version from before the last change of the intent');
  if (differingSources > 0) return lacks(`${differingSources} of its source addresses differ on the device`);
  return asRead([...own, ...rule.sources.flatMap((id) => record.byId.get(id) ?? [])], record);
}

/** Whether the last reading confirmed these objects, by the record. */
export function asRead(objects: readonly ObjectAt[], record: RecordedState): InForce {
  if (objects.some((object) => record.differs(object)))
    return no(`the device differed when it was read at ${record.lastRead?.at ?? ''}`);
  const earliest = earliestOf(objects.map((object) => record.verifiedAt(object)));
  return earliest === '' ? unclear('written, and not read back yet') : yes(`read back at ${earliest}`);
}

/** Of times in RFC 3339; `''`, which is not known, comes before all. */
export function earliestOf(times: readonly string[]): string {
  return times.reduce((earliest, time) => (time < earliest ? time : earliest), times[0] ?? '');
}

/** Of the objects of one rule the one that was written last, which tells how the rule is now. */
export function lastChanged(objects: readonly ObjectAt[]): ObjectAt | undefined {
  return objects.reduce<ObjectAt | undefined>((last, object) => {
    if (object.rule === undefined) return last;
    return last === undefined || object.changedAt >= last.changedAt ? object : last;
  }, undefined);
}

function cannot(losses: readonly Loss[], lowered: boolean | undefined): InForce | undefined {
  const rejected = losses.find(({ effect }) => effect === 'rejected');
  if (rejected !== undefined) return no(rejected.message);
  return lowered === false ? no('the device needs no rule for it now') : undefined;
}

function isSame({ action, sources, destination, ports }: AuditRule, rule: Rule): boolean {
  const { any, names, networks } = rule.destination;
  return (
    action === rule.action &&
    areSame([...sources].sort(), [...rule.sources].sort()) &&
    destination.any === any &&
    areSame(destination.names, names) &&
    areSame(destination.networks, networks) &&
    ports === throughPorts(rule)
  );
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, at) => text === others[at]);
}

/** Members that only the device or only the intent has; 0 if the device has no members, or the record had no room for all. */
export function differingMembers({ id, members }: AddressGroup, { byId }: RecordedState): number {
  const objects = byId.get(id) ?? [];
  const found = new Set(objects.flatMap((object) => [...object.members]));
  if (objects.some(({ exact }) => !exact) || (found.size === 0 && objects.length > 0)) return 0;
  const lacking = members.reduce((sum, member) => (found.has(member) ? sum : sum + 1), 0);
  return lacking + (found.size - (members.length - lacking));
}

const yes = (reason: string): InForce => ({ state: 'yes', reason });
const no = (reason: string): InForce => ({ state: 'no', reason });
const unclear = (reason: string): InForce => ({ state: 'not known', reason });
const maybeWritten = (reason: string): InForce =>
  unclear(`${reason}, unless it was written by a record that is missing`);
