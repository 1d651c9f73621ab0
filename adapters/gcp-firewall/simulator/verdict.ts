import { parseRange, within } from '../../../kit/simulator/traffic/addresses.ts';
import { resolvesTo } from '../../../kit/simulator/traffic/names.ts';
import { packetOf, remembered, type Packet } from '../../../kit/simulator/traffic/packet.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { objects, text, texts } from '../../../kit/simulator/json-values.ts';
import { groupKey, matchOf, type State } from './state.ts';

/*
 * "The rule with the lowest priority number that matches decides; goto_next hands on." Policies of the organisation come first, then the
 * policy of the network; what none of them is about is allowed ("implied allow egress rule").
 */

/** @param hierarchy rules of the organisation, in their order */
export function verdict(state: State, flow: SimulatedFlow, hierarchy: readonly JsonObject[]): SimulatedVerdict {
  const packet = packetOf(flow);
  if (packet === undefined) return { action: 'Deny', rule: 'no such packet' };
  const policies = [...state.policies.values()].filter(({ associations }) => associations.size > 0);
  for (const rules of [hierarchy, ...policies.map(({ rules }) => inOrder(rules))]) {
    const hit = rules.find((rule) => isMatch(state, rule, packet));
    const action = text(hit?.['action']);
    if (hit === undefined || action === 'goto_next') continue;
    const rule = text(hit['ruleName']) || `priority ${text(hit['priority'])}`;
    return { action: action === 'deny' ? 'Deny' : 'Accept', rule };
  }
  return { action: 'Accept', rule: 'implicit' };
}

const inOrder = remembered((rules: ReadonlyMap<number, JsonObject>) =>
  [...rules].sort(([a], [b]) => a - b).map(([, rule]) => rule),
);

function isMatch(state: State, rule: JsonObject, packet: Packet): boolean {
  if (rule['direction'] !== 'EGRESS' || rule['disabled'] === true) return false;
  const match = matchOf(rule);
  const sources = texts(match['srcIpRanges']);
  return (
    (sources.length === 0 || isIn(sources, packet.source)) &&
    isDestination(state, match, packet) &&
    objects(match['layer4Configs']).some((config) => isSpoken(config, packet))
  );
}

/** The union of what is said. A group that is not there says nothing, and where nothing is said, everything is meant. */
function isDestination({ groups }: State, match: JsonObject, { destination }: Packet): boolean {
  const named = texts(match['destAddressGroups']).flatMap((path): readonly JsonObject[] => {
    const group = groups.get(groupKey(path));
    return group === undefined ? [] : [group];
  });
  const ranges = texts(match['destIpRanges']);
  const fqdns = texts(match['destFqdns']);
  if (named.length + ranges.length + fqdns.length === 0) return true;
  return (
    isIn(ranges, destination) ||
    named.some((group) => isIn(texts(group['items']), destination)) ||
    resolvesTo(fqdns, destination)
  );
}

const parsed = remembered((list: readonly string[]) => list.flatMap((text) => parseRange(text) ?? []));

function isIn(list: readonly string[], address: Packet['source']): boolean {
  return parsed(list).some((range) => within(address, range));
}

function isSpoken({ ipProtocol, ports }: JsonObject, packet: Packet): boolean {
  const protocol = text(ipProtocol).toLowerCase();
  if (protocol === 'all') return true;
  const number = protocol === 'tcp' ? 6 : protocol === 'udp' ? 17 : Number(protocol);
  const ranges = texts(ports).map((range) => range.split('-').map(Number));
  return (
    number === packet.protocol &&
    (ranges.length === 0 || ranges.some(([first = 0, last = first]) => first <= packet.port && packet.port <= last))
  );
}
