import { objectAt, textAt, textsAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { remembered } from '../../../../kit/simulator/traffic/packet.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { dbPath, routeDomainPath } from '../tables/network.ts';
import { globalRulesPath, policyPath, protocols, ruleListPath } from '../tables/policies.ts';
import { instantOf, minuteOf, schedulePath, weekdays } from '../tables/schedules.ts';
import type { Entry } from '../tables/schema.ts';
import { holderOf, type Holder } from './holder.ts';
import { Matcher, type End } from './matching.ts';
import { listenerOf, virtualFor, type Listener, type RoutedPacket } from './virtuals.ts';

/** Where a policy is bound. */
interface Context {
  readonly type: 'global' | 'route-domain' | 'virtual';
  /** Full path of the route domain or virtual server; empty for the global context. */
  readonly name: string;
}

/** One rule in one context: a policy that is bound twice counts twice. */
export interface Hit {
  readonly context: Context;
  readonly policy: string;
  /** Empty for a rule of the policy itself. */
  readonly ruleList: string;
  readonly rule: string;
}

export interface Judgement {
  readonly accepted: boolean;
  /** Name of the rule that decided; undefined: none did. */
  readonly rule: string | undefined;
  /** Every rule that matched on the way. */
  readonly hits: readonly Hit[];
}

/** What has been made of rows so far. */
export interface Knowledge {
  readonly holder: (row: JsonObject) => Holder;
  readonly listener: (row: JsonObject) => Listener;
}

export function noKnowledge(): Knowledge {
  return { holder: remembered(holderOf), listener: remembered(listenerOf) };
}

/**
 * Global, then route domain, then virtual server. `accept` hands the packet on to the next context, `accept-decisively`
 * ends its way, and a context in which no rule matches hands it on. What no rule of the last context decides about meets
 * the device's default action; a packet that no virtual server takes goes nowhere.
 */
export function judge(store: Tables<Entry>, packet: RoutedPacket, known: Knowledge, now: number): Judgement {
  const virtual = virtualFor(store, packet, known.listener);
  const hits: Hit[] = [];
  let last: Hit | undefined;
  const matcher = new Matcher(store, known.holder);
  const ends = endsOf(packet);
  for (const [context, policy] of contexts(store, packet, virtual)) {
    const match = firstMatch(store, matcher, policy, ends, now);
    last = undefined;
    if (match === undefined) continue;
    last = { context, policy: policy?.fullPath ?? '', ruleList: match.ruleList, rule: match.rule.name };
    hits.push(last);
    const action = textAt(match.rule.fields, 'action');
    if (action === 'accept') continue;
    return { accepted: action === 'accept-decisively' && virtual !== undefined, rule: last.rule, hits };
  }
  if (virtual === undefined) return { accepted: false, rule: undefined, hits };
  if (last !== undefined) return { accepted: true, rule: last.rule, hits };
  const fallback = textAt(store.get(dbPath, 'tm.fw.defaultaction')?.fields ?? {}, 'value');
  return { accepted: fallback === 'accept', rule: undefined, hits };
}

function contexts(
  store: Tables<Entry>,
  { routeDomain }: RoutedPacket,
  virtual: Entry | undefined,
): readonly (readonly [Context, Entry | undefined])[] {
  const domain = [...store.rows(routeDomainPath).values()].find(({ fields }) => fields['id'] === routeDomain);
  const bound = (entry: Entry | undefined, field: string): Entry | undefined =>
    store.get(policyPath, textAt(entry?.fields ?? {}, field));
  return [
    [{ type: 'global', name: '' }, bound(store.get(globalRulesPath, ''), 'enforcedPolicy')],
    [{ type: 'route-domain', name: domain?.fullPath ?? '' }, bound(domain, 'fwEnforcedPolicy')],
    [{ type: 'virtual', name: virtual?.fullPath ?? '' }, bound(virtual, 'fwEnforcedPolicy')],
  ];
}

/** A packet as rules see it. */
interface Ends {
  readonly from: End;
  readonly to: End;
  readonly protocol: number;
}

function endsOf({ source, destination, port, protocol, routeDomain, vlan }: RoutedPacket): Ends {
  return {
    // An ephemeral port, as clients take.
    from: { ip: source, port: 49_152, routeDomain, vlan },
    to: { ip: destination, port, routeDomain, vlan: undefined },
    protocol,
  };
}

interface Match {
  readonly rule: Entry;
  readonly ruleList: string;
}

function firstMatch(
  store: Tables<Entry>,
  matcher: Matcher,
  policy: Entry | undefined,
  packet: Ends,
  now: number,
): Match | undefined {
  for (const rule of policy?.rules ?? []) {
    if (!isInForce(store, rule, now)) continue;
    const ruleList = textAt(rule.fields, 'ruleList');
    const candidates = ruleList === '' ? [rule] : (store.get(ruleListPath, ruleList)?.rules ?? []);
    const partition = ((ruleList === '' ? policy?.fullPath : ruleList) ?? '').split('/')[1] ?? '';
    const found = candidates.find(
      (one) => (one === rule || isInForce(store, one, now)) && matches(matcher, one, packet, partition),
    );
    if (found !== undefined) return { rule: found, ruleList };
  }
  return undefined;
}

function matches(matcher: Matcher, { fields }: Entry, packet: Ends, partition: string): boolean {
  const protocol = textAt(fields, 'ipProtocol');
  if (protocol !== 'any' && (protocols[protocol] ?? Number(protocol)) !== packet.protocol) return false;
  return (
    matcher.endHolds(objectAt(fields, 'source'), packet.from, partition) &&
    matcher.endHolds(objectAt(fields, 'destination'), packet.to, partition)
  );
}

function isInForce(store: Tables<Entry>, { fields }: Entry, now: number): boolean {
  if (fields['status'] !== 'scheduled') return fields['status'] === 'enabled';
  const schedule = store.get(schedulePath, textAt(fields, 'schedule'));
  return schedule !== undefined && isWithin(schedule.fields, now);
}

function isWithin(schedule: JsonObject, now: number): boolean {
  const from = instantOf(textAt(schedule, 'dateValidStart'));
  const until = instantOf(textAt(schedule, 'dateValidEnd'));
  const at = new Date(now);
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes();
  const opens = minuteOf(textAt(schedule, 'dailyHourStart')) ?? 0;
  const closes = minuteOf(textAt(schedule, 'dailyHourEnd')) ?? 0;
  const today = textsAt(schedule, 'daysOfWeek').includes(weekdays[at.getUTCDay()] ?? '');
  return now >= from && now < until && today && minute >= opens && minute < closes;
}
