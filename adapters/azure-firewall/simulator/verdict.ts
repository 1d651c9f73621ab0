import { parseIp, parseRange, within } from '../../../kit/simulator/traffic/addresses.ts';
import { canonicalName, resolvesTo } from '../../../kit/simulator/traffic/names.ts';
import type { FollowedPod } from '../../../kit/simulator/traffic/pods.ts';
import { packetOf, remembered, type Packet } from '../../../kit/simulator/traffic/packet.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { objects, text, texts } from '../../../kit/simulator/json-values.ts';
import { idIn, ids, propertiesOf, type State } from './state.ts';

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

/** What the firewall asks: the rules of policies above come before those of the ones below, whatever their priorities. */
function inOrder({ inForce }: State): readonly Entry[] {
  const firewall = inForce.get(ids.firewall.toLowerCase()) ?? {};
  return policiesFrom(inForce, propertiesOf({ body: firewall })['firewallPolicy']).flatMap((policy) =>
    [...inForce]
      .filter(([id]) => id.startsWith(`${policy}/rulecollectiongroups/`))
      .map(([, body]) => propertiesOf({ body }))
      .sort(byPriority)
      .flatMap(entriesOf),
  );
}

/** Ids in lower case, the topmost first. */
function policiesFrom(inForce: State['inForce'], reference: Json | undefined): readonly string[] {
  const id = idIn(reference).toLowerCase();
  const body = inForce.get(id);
  return body === undefined ? [] : [...policiesFrom(inForce, propertiesOf({ body })['basePolicy']), id];
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

function isSource({ inForce, pods }: State, rule: JsonObject, { source }: Packet): boolean {
  const followed = texts(rule['sourceKubeSelectorGroups']).map((id) => inForce.get(id.toLowerCase()));
  const senders = pods.filter(({ addresses }) => addresses.some((text) => covers(text, source)));
  if (senders.some((pod) => followed.some((body) => body !== undefined && isFollowed(pod, propertiesOf({ body })))))
    return true;
  const lists = texts(rule['sourceIpGroups']).map((id) => addressesIn(inForce.get(id.toLowerCase()) ?? {}));
  return [...texts(rule['sourceAddresses']), ...lists.flat()].some((text) => covers(text, source));
}

/** Both selectors must hold; one that is not there, or says nothing, is for all of them. */
function isFollowed({ namespace, labels }: FollowedPod, { podSelector, namespaceSelector }: JsonObject): boolean {
  const ofNamespace = { 'kubernetes.io/metadata.name': namespace };
  return selects(podSelector, labels) && selects(namespaceSelector, ofNamespace);
}

function selects(selector: Json | undefined, labels: FollowedPod['labels']): boolean {
  const { matchLabels, matchExpressions } = (selector ?? {}) as JsonObject;
  const wanted = Object.entries((matchLabels ?? {}) as JsonObject);
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    objects(matchExpressions).every(({ key, operator, values }) => {
      const value = labels[text(key)];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      return (value !== undefined && texts(values).includes(value)) === (operator === 'In');
    })
  );
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
