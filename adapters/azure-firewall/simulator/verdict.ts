import { parseIp, parseRange, within } from '../../../kit/simulator/traffic/addresses.ts';
import { canonicalName, resolvesTo } from '../../../kit/simulator/traffic/names.ts';
import { packetOf, remembered, type Packet } from '../../../kit/simulator/traffic/packet.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { objects, propertiesOf, text, texts, type State } from './state.ts';

/*
 * "Network rules are applied in priority order before application rules. The rules are terminating." What no network rule is
 * about goes, if HTTP or TLS is spoken, to the application rules; what none is about is denied (rule-processing).
 */

interface Entry {
  readonly name: string;
  readonly action: string;
  readonly rule: JsonObject;
}

export function verdict(state: State, flow: SimulatedFlow): SimulatedVerdict {
  const packet = packetOf(flow);
  // An IPv4 firewall is on no way of IPv6.
  if (packet?.source.family !== 4) return implicit;
  const comesFrom = (rule: JsonObject): boolean => isSource(state, rule, packet);
  const entries = inOrder(state);
  const hit =
    entries.find(
      ({ rule }) => rule['ruleType'] === 'NetworkRule' && comesFrom(rule) && isNetworkMatch(state, rule, packet),
    ) ??
    entries.find(
      ({ rule }) => rule['ruleType'] === 'ApplicationRule' && comesFrom(rule) && isApplicationMatch(rule, flow),
    );
  return hit === undefined ? implicit : { action: hit.action === 'Allow' ? 'Accept' : 'Deny', rule: hit.name };
}

const implicit: SimulatedVerdict = { action: 'Deny', rule: 'implicit' };

/** There is one firewall, which asks the rules of every policy. */
function inOrder({ inForce }: State): readonly Entry[] {
  const groups = [...inForce].filter(([id]) => id.includes('/rulecollectiongroups/'));
  return groups
    .map(([, body]) => propertiesOf({ body }))
    .sort(byPriority)
    .flatMap(entriesOf);
}

const entriesOf = remembered((group: JsonObject): readonly Entry[] =>
  [...objects(group['ruleCollections'])].sort(byPriority).flatMap(({ action, rules }) =>
    objects(rules).map((rule) => ({
      rule,
      name: text(rule['name']),
      action: text((action as JsonObject)['type']),
    })),
  ),
);

function byPriority(a: JsonObject, b: JsonObject): number {
  return Number(a['priority']) - Number(b['priority']);
}

function isSource({ inForce }: State, rule: JsonObject, { source }: Packet): boolean {
  const lists = texts(rule['sourceIpGroups']).map((id) => addressesIn(inForce.get(id.toLowerCase()) ?? {}));
  return [...texts(rule['sourceAddresses']), ...lists.flat()].some((text) => covers(text, source));
}

const addressesIn = remembered((body: JsonObject): readonly string[] => texts(propertiesOf({ body })['ipAddresses']));

function isNetworkMatch(state: State, rule: JsonObject, packet: Packet): boolean {
  const groups = texts(rule['destinationIpGroups']).flatMap((id) =>
    addressesIn(state.inForce.get(id.toLowerCase()) ?? {}),
  );
  const there =
    [...texts(rule['destinationAddresses']), ...groups].some((text) => covers(text, packet.destination)) ||
    resolvesTo(texts(rule['destinationFqdns']), packet.destination);
  const protocols = texts(rule['ipProtocols']);
  const spoken = protocols.includes('Any') || protocols.includes(packet.protocol === 6 ? 'TCP' : 'UDP');
  return there && spoken && texts(rule['destinationPorts']).some((ports) => isIn(ports, packet.port));
}

function covers(text: string, address: Packet['source']): boolean {
  const range = text === '*' ? undefined : (parseRange(text) ?? undefined);
  return text === '*' || (range !== undefined && within(address, range));
}

function isIn(ports: string, port: number): boolean {
  const [first = 0, last = first] = ports.split('-').map(Number);
  return ports === '*' || (first <= port && port <= last);
}

/** By what the client says: where it says nothing, no rule is about it. */
function isApplicationMatch(rule: JsonObject, { host, port, protocol }: SimulatedFlow): boolean {
  if (host === undefined || parseIp(host) !== undefined || protocol !== 'TCP') return false;
  const isSpoken = objects(rule['protocols']).some((spoken) => Number(spoken['port']) === port);
  return isSpoken && texts(rule['targetFqdns']).some((pattern) => isNamed(pattern.toLowerCase(), canonicalName(host)));
}

function isNamed(pattern: string, host: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host;
}
