import type { JsonObject } from '../../../src/core/model/json.ts';
import { parseIp, type Ip } from './addresses.ts';
import { holderOf, remembered, type Holder } from './holder.ts';
import { Matcher, type End } from './matching.ts';
import { addressesOf } from './names.ts';
import { objectAt, textAt, textsAt } from './schema.ts';
import type { Entry, Store } from './store.ts';
import { dbPath, routeDomainPath } from './tables/network.ts';
import { globalRulesPath, policyPath, protocols, ruleListPath } from './tables/policies.ts';
import { instantOf, minuteOf, schedulePath, weekdays } from './tables/schedules.ts';
import type { Context, Counter } from './traffic.ts';
import { listenerOf, virtualFor, type Listener } from './virtuals.ts';

/** A packet that opens a connection. */
export interface Packet {
  readonly source: End;
  readonly destination: End;
  /** IP protocol number. */
  readonly protocol: number;
}

export interface Judgement {
  readonly accepted: boolean;
  /** Name of the rule that decided; undefined: none did. */
  readonly rule: string | undefined;
  /** Every rule that matched on the way. */
  readonly hits: readonly Omit<Counter, 'hits'>[];
}

/** What has been made of rows so far. */
export interface Knowledge {
  readonly holder: (row: JsonObject) => Holder;
  readonly listener: (row: JsonObject) => Listener;
}

export function noKnowledge(): Knowledge {
  return { holder: remembered(holderOf), listener: remembered(listenerOf) };
}

/** What a flow from outside is as a packet; a destination known by name only goes to the first address of that name. */
export function packetOf(
  flow: {
    readonly src: string;
    readonly dst?: string | undefined;
    readonly host?: string | undefined;
    readonly port: number;
  },
  protocol: number,
  { routeDomain, vlan }: { readonly routeDomain: number; readonly vlan: string },
): Packet | undefined {
  const source = parseIp(flow.src);
  if (source === undefined) return undefined;
  const literal = parseIp(flow.dst ?? flow.host ?? '');
  const resolved = (host: string): Ip | undefined => addressesOf(host).find(({ family }) => family === source.family);
  const destination = literal ?? (flow.host === undefined ? undefined : resolved(flow.host));
  if (destination?.family !== source.family) return undefined;
  return {
    // An ephemeral port, as clients take.
    source: { ip: source, port: 49_152, routeDomain, vlan },
    destination: { ip: destination, port: flow.port, routeDomain, vlan: undefined },
    protocol,
  };
}

/**
 * Global, then route domain, then virtual server. `accept` hands the packet on to the next context, `accept-decisively`
 * ends its way, and a context in which no rule matches hands it on. What no rule of the last context decides about meets
 * the device's default action; a packet that no virtual server takes goes nowhere.
 */
export function judge(store: Store, packet: Packet, known: Knowledge, now: number): Judgement {
  const virtual = virtualFor(store, packet, known.listener);
  const hits: Omit<Counter, 'hits'>[] = [];
  let last: Omit<Counter, 'hits'> | undefined;
  const matcher = new Matcher(store, known.holder);
  for (const [context, policy] of contexts(store, packet, virtual)) {
    const match = firstMatch(store, matcher, policy, packet, now);
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
  store: Store,
  { source }: Packet,
  virtual: Entry | undefined,
): readonly (readonly [Context, Entry | undefined])[] {
  const domain = [...store.all(routeDomainPath).values()].find(({ fields }) => fields['id'] === source.routeDomain);
  const bound = (entry: Entry | undefined, field: string): Entry | undefined =>
    store.get(policyPath, textAt(entry?.fields ?? {}, field));
  return [
    [{ type: 'global', name: '' }, bound(store.get(globalRulesPath, ''), 'enforcedPolicy')],
    [{ type: 'route-domain', name: domain?.fullPath ?? '' }, bound(domain, 'fwEnforcedPolicy')],
    [{ type: 'virtual', name: virtual?.fullPath ?? '' }, bound(virtual, 'fwEnforcedPolicy')],
  ];
}

interface Match {
  readonly rule: Entry;
  readonly ruleList: string;
}

function firstMatch(
  store: Store,
  matcher: Matcher,
  policy: Entry | undefined,
  packet: Packet,
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

function matches(matcher: Matcher, { fields }: Entry, packet: Packet, partition: string): boolean {
  const protocol = textAt(fields, 'ipProtocol');
  if (protocol !== 'any' && (protocols[protocol] ?? Number(protocol)) !== packet.protocol) return false;
  return (
    matcher.endHolds(objectAt(fields, 'source'), packet.source, partition) &&
    matcher.endHolds(objectAt(fields, 'destination'), packet.destination, partition)
  );
}

function isInForce(store: Store, { fields }: Entry, now: number): boolean {
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
