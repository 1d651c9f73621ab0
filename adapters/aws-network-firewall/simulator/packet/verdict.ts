import { packetOf, remembered, type Packet } from '../../../../kit/simulator/traffic/packet.ts';
import { parseRange, within } from '../../../../kit/simulator/traffic/addresses.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../../kit/simulator/simulator.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { arns, attachedGroups, referencesOf, sidesIn, textOf, variablesIn, type State } from '../state/state.ts';
import { addressesOf } from '../state/associations.ts';
import type { Logged } from '../state/logs.ts';
import { rulesIn, type NameMatch, type SuricataRule } from './rules.ts';

/*
 * What the firewall does with a flow, rule by rule in strict order. A connection is looked at twice: when its first packet
 * comes, and when the client has spoken. Rules about addresses alone decide at the first packet, about the whole flow if
 * they do not say `flow`; rules about names decide when the name was said. What a client speaks is not known here: of a
 * flow with a name it passes if it would pass as TLS or as HTTP.
 */

interface PlacedRule {
  readonly rule: SuricataRule;
  readonly holds: (reference: string, packet: Packet['source']) => boolean;
}

type Saying = { readonly app: 'tls' | 'http' | 'quic'; readonly name: string } | undefined;

const implicitDeny: SimulatedVerdict = { action: 'Deny', rule: 'implicit' };
const implicitAccept: SimulatedVerdict = { action: 'Accept', rule: 'implicit' };

/** @param log is told of the line that decided, where that is in the alert log */
export function verdict(state: State, flow: SimulatedFlow, log: (logged: Logged) => void): SimulatedVerdict {
  const packet = packetOf(flow);
  if (packet === undefined) return implicitDeny;
  const rules = rulesOf(state);
  const defaults = (state.policy.document['StatefulDefaultActions'] ?? []) as readonly string[];
  const spoken: readonly Saying[] = sayings(flow);
  const verdicts = spoken.map((saying) => connection(rules, defaults, packet, saying, flow.protocol));
  const decided = verdicts.find(({ action }) => action === 'Accept') ?? verdicts[0] ?? implicitDeny;
  const line = rules.find(({ rule }) => String(rule.sid) === decided.rule)?.rule;
  if (line?.action === 'drop' || line?.alerts === true)
    log({ sid: decided.rule, verdict: decided.action === 'Accept' ? 'pass' : 'drop' });
  return decided;
}

function sayings({ host, port, protocol }: SimulatedFlow): readonly Saying[] {
  if (host === undefined) return [undefined];
  if (protocol === 'UDP') return port === 443 ? [{ app: 'quic', name: host }] : [undefined];
  const http = { app: 'http', name: host } as const;
  // A name in TLS has no port.
  return host.includes(':') ? [http] : [{ app: 'tls', name: host }, http];
}

function connection(
  rules: readonly PlacedRule[],
  defaults: readonly string[],
  packet: Packet,
  saying: Saying,
  protocol: string,
): SimulatedVerdict {
  if (protocol === 'TCP') {
    const opening = rules.find(
      ({ rule, holds }) => isAboutAddresses(rule) && !rule.flow.includes('established') && matches(rule, holds, packet),
    );
    if (opening && (opening.rule.action !== 'pass' || opening.rule.flow.length === 0)) return told(opening.rule);
    if (opening === undefined && defaults.includes('aws:drop_strict')) return implicitDeny;
  }
  const deciding = rules.find(({ rule, holds }) => saysSo(rule, saying) && matches(rule, holds, packet));
  if (deciding !== undefined) return told(deciding.rule);
  return defaults.some((action) => action.startsWith('aws:drop_')) ? implicitDeny : implicitAccept;
}

function told({ action, sid }: SuricataRule): SimulatedVerdict {
  return { action: action === 'pass' ? 'Accept' : 'Deny', rule: String(sid) };
}

function isAboutAddresses({ protocol, name, action }: SuricataRule): boolean {
  return name === undefined && action !== 'alert' && ['ip', 'tcp', 'udp'].includes(protocol);
}

function saysSo(rule: SuricataRule, saying: Saying): boolean {
  if (rule.action === 'alert') return false;
  if (isAboutAddresses(rule)) return saying === undefined || !rule.notApps.includes(saying.app);
  if (saying?.app !== rule.protocol) return false;
  return rule.name === undefined || nameMatches(rule.name, saying.name);
}

function nameMatches(
  { buffer, content, pattern, dotPrefix, ignoresCase, startsWith, endsWith }: NameMatch,
  client: string,
): boolean {
  const said = buffer === 'http.host' ? hostBuffer(client) : client;
  if (pattern !== undefined) return pattern.test(said);
  const name = `${dotPrefix ? '.' : ''}${ignoresCase ? said.toLowerCase() : said}`;
  const wanted = ignoresCase ? content.toLowerCase() : content;
  if (startsWith && endsWith) return name === wanted;
  if (startsWith) return name.startsWith(wanted);
  return endsWith ? name.endsWith(wanted) : name.includes(wanted);
}

/** What the engine looks at: the host without its port, in lower case. */
function hostBuffer(client: string): string {
  return client.replace(/:\d+$/, '').toLowerCase();
}

const transports: Readonly<Record<string, number>> = { tcp: 6, tls: 6, http: 6, udp: 17, quic: 17 };

function matches(rule: SuricataRule, holds: PlacedRule['holds'], packet: Packet): boolean {
  const transport = transports[rule.protocol];
  if (transport !== undefined && transport !== packet.protocol) return false;
  return (
    sideHolds(rule.source, holds, packet.source) &&
    sideHolds(rule.destination, holds, packet.destination) &&
    portsHold(rule.ports, packet.port)
  );
}

function sideHolds(side: string, holds: PlacedRule['holds'], ip: Packet['source']): boolean {
  if (side === 'any') return true;
  if (side.startsWith('@') || side.startsWith('$')) return holds(side, ip);
  return side
    .replace(/^\[|\]$/g, '')
    .split(',')
    .some((part) => {
      const range = parseRange(part);
      return range !== undefined && within(ip, range);
    });
}

function portsHold(ports: string, port: number): boolean {
  if (ports === 'any') return true;
  return ports
    .replace(/^\[|\]$/g, '')
    .split(',')
    .some((part) => {
      const [first = '', last = first] = part.split(':');
      return port >= Number(first) && port <= Number(last);
    });
}

/** The rules of all groups that the policy names, in the order of their priorities. */
const rulesOf = remembered((state: State): readonly PlacedRule[] => {
  const lists = new Map([...state.lists.values()].map((list) => [arns.list(list.id), list]));
  const associations = new Map([...state.associations.values()].map((one) => [arns.association(one.name), one]));
  const groups = new Map([...state.groups.values()].map((group) => [arns.group(group.name), group]));
  const attached = [...attachedGroups(state.policy)].sort((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0));
  return attached.flatMap(({ ResourceArn }) => {
    const document = groups.get(ResourceArn)?.document ?? {};
    const references = new Map(referencesOf(document));
    const holds: PlacedRule['holds'] = (name, ip) => {
      const association = associations.get(references.get(name.slice(1)) ?? '');
      if (association !== undefined) return addressesOf(state, association).some((one) => isWithin(ip, one));
      const entries = name.startsWith('@') ? lists.get(references.get(name.slice(1)) ?? '')?.inForce : undefined;
      const ranges = entries === undefined ? variableOf(document, name.slice(1)) : rangesOf(entries);
      return ranges.some((range) => within(ip, range));
    };
    return parsed(document).map((rule) => ({ rule, holds }));
  });
});

const parsed = remembered((document: JsonObject): readonly SuricataRule[] => {
  const rules = rulesIn(textOf(document), sidesIn(document));
  return typeof rules === 'string' ? [] : rules;
});

const rangesOf = remembered((entries: ReadonlyMap<string, string>) =>
  [...entries.keys()].flatMap((cidr) => parseRange(cidr) ?? []),
);

function isWithin(ip: Packet['source'], text: string): boolean {
  const range = parseRange(text);
  return range !== undefined && within(ip, range);
}

function variableOf(document: JsonObject, name: string): ReturnType<typeof rangesOf> {
  return (variablesIn(document)[name]?.Definition ?? []).flatMap((text) => parseRange(text) ?? []);
}
