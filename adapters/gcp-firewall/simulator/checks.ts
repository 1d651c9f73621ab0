import { Refusal } from '../../../kit/simulator/refusal.ts';
import { parsePrefix, parseRange, type Range } from '../../../kit/simulator/traffic/addresses.ts';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import { invalid } from './refusals.ts';
import { expectShape } from './shapes.ts';
import { objects, text, texts } from '../../../kit/simulator/json-values.ts';
import { defaultRules, groupKey, matchOf, type Policy, type State } from './state.ts';

/* What Google refuses beyond shapes ("Firewall policy rules", "Address groups", "Quotas and limits", and the prose of the API's document). */

/** @throws Refusal */
export function checkRule(rule: JsonObject, { scope }: Pick<Policy, 'scope'>, { groups }: State): void {
  expectShape('FirewallPolicyRule', rule);
  const { priority, direction, action, enableLogging } = rule;
  const match = matchOf(rule);
  const where = `Rule ${text(priority)}`;
  const other = direction === 'EGRESS' ? 'src' : 'dest';
  for (const field of [`${other}AddressGroups`, `${other}Fqdns`, `${other}RegionCodes`, `${other}ThreatIntelligences`])
    if (texts(match[field]).length > 0)
      throw invalid(`${where}: ${field} is only supported in ${direction === 'EGRESS' ? 'ingress' : 'egress'} rules.`);
  if (enableLogging === true && action === 'goto_next')
    throw invalid(`${where}: logging is not supported on goto_next rules.`);
  if (texts(rule['targetSecureTags']).length > 0 && texts(rule['targetServiceAccounts']).length > 0)
    throw invalid(`${where}: targetSecureTags and targetServiceAccounts cannot be specified together.`);
  for (const config of objects(match['layer4Configs'])) checkLayer4(config, where);
  const named = [...texts(match['destAddressGroups']), ...texts(match['srcAddressGroups'])].map((path) => {
    const key = groupKey(path);
    const group = groups.get(key);
    const location = scope.replace('regions/', '');
    if (group === undefined || !key.startsWith(`${location}/`))
      throw invalid(`${where}: the address group ${path} was not found in location ${location}.`);
    return group['type'] === 'IPV6' ? 6 : 4;
  });
  const families = new Set([...rangesIn(match, where).map(({ family }) => family), ...named]);
  if (families.size > 1) throw invalid(`${where}: IP ranges of a rule must be of one family.`);
}

function rangesIn(match: JsonObject, where: string): readonly Range[] {
  return [...texts(match['srcIpRanges']), ...texts(match['destIpRanges'])].map((range) => expectRange(range, where));
}

/** @throws Refusal for what is no network, or has bits of a host */
function expectRange(range: string, where: string): Range {
  const [address = ''] = range.split('/');
  const parsed = range.includes('/') ? parsePrefix(range) : parseRange(range);
  const first = parseRange(address);
  if (parsed === undefined || first?.first !== parsed.first) throw invalid(`${where}: Invalid IP CIDR range ${range}.`);
  return parsed;
}

function checkLayer4({ ipProtocol, ports }: JsonObject, where: string): void {
  const protocol = text(ipProtocol).toLowerCase();
  if (!/^(all|tcp|udp|icmp|esp|ah|ipip|sctp|\d{1,3})$/.test(protocol))
    throw invalid(`${where}: unknown protocol ${protocol}.`);
  if (texts(ports).length > 0 && !/^(tcp|udp|sctp|6|17|132)$/.test(protocol))
    throw invalid(`${where}: ports are only supported for TCP, UDP and SCTP.`);
  for (const range of texts(ports)) {
    const [first = 0, last = first] = range.split('-').map(Number);
    if (first > last || last > 65_535) throw invalid(`${where}: invalid ports ${range}.`);
  }
}

/** @throws Refusal for rules that cannot be all rules of a policy */
export function checkRules(
  rules: readonly JsonObject[],
  policy: Policy,
  state: State,
  mostTuples: number,
): ReadonlyMap<number, JsonObject> {
  const byPriority = new Map<number, JsonObject>();
  for (const rule of rules) {
    if (rule['priority'] === undefined) throw invalid('Every rule needs a priority.');
    checkRule(rule, policy, state);
    const priority = Number(rule['priority']);
    if (byPriority.has(priority)) throw invalid(`Rules must have unique priorities: ${priority} is there twice.`);
    byPriority.set(priority, stored(rule));
  }
  for (const rule of defaultRules) {
    const found = byPriority.get(Number(rule['priority']));
    if (
      found === undefined ||
      canonical(found['match']) !== canonical(rule['match']) ||
      found['direction'] !== rule['direction']
    )
      throw invalid(
        `The default rule with priority ${text(rule['priority'])} can be neither removed nor changed but for its action.`,
      );
  }
  const tuples = [...byPriority.values()].reduce((sum, rule) => sum + tuplesOf(rule, state), 0);
  if (tuples > mostTuples)
    throw new Refusal(403, 'quotaExceeded', `Quota 'RULE_TUPLES_PER_FIREWALL_POLICY' exceeded. Limit: ${mostTuples}.`);
  return byPriority;
}

/** Without what only Google says, and without what is so anyway. */
function stored({ kind: _, ruleTupleCount: _count, ...rule }: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== false));
}

/** What counts against the quota: of an address group its capacity. */
export function tuplesOf(rule: JsonObject, { groups }: State): number {
  const match = matchOf(rule);
  const count = (...fields: readonly string[]): number =>
    fields.reduce((sum, field) => sum + texts(match[field]).length, 0);
  const capacity = texts(match['destAddressGroups']).reduce(
    (sum, path) => sum + Number(groups.get(groupKey(path))?.['capacity'] ?? 0),
    0,
  );
  const protocols = objects(match['layer4Configs']).reduce(
    (sum, { ports }) => sum + Math.max(1, texts(ports).length),
    0,
  );
  return count('srcIpRanges') + count('destIpRanges', 'destFqdns') + capacity + protocols;
}

/** @throws Refusal */
export function checkGroup(group: JsonObject): void {
  expectShape('AddressGroup', group);
  const { type, capacity, items } = group;
  if (type !== 'IPV4' && type !== 'IPV6') throw invalid('type: is required.');
  if (capacity === undefined) throw invalid('capacity: is required.');
  const list = texts(items);
  if (list.length > Number(capacity)) throw invalid(`items: ${list.length} exceed the capacity of ${text(capacity)}.`);
  if (new Set(list).size < list.length) throw invalid('items: an item is there twice.');
  for (const item of list)
    if (expectRange(item, 'items').family !== (type === 'IPV4' ? 4 : 6))
      throw invalid(`items: ${item} is not of type ${type}.`);
}
