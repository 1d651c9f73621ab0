import { at, elementText } from '../../../kit/common/api/xml.ts';
import { parseRange, within, type Range } from '../../../kit/simulator/traffic/addresses.ts';
import { resolvesTo } from '../../../kit/simulator/traffic/names.ts';
import { packetOf, remembered, type Packet } from '../../../kit/simulator/traffic/packet.ts';
import type { SimulatedFlow, SimulatedVerdict } from '../../../kit/simulator/simulator.ts';
import type { Address } from '../../../src/net/address.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { evaluate } from './filter.ts';
import { membersIn } from './schema.ts';
import { entriesOf, entryOf, rulesTable, type State } from './state.ts';

/* What the running configuration and the registered addresses do with a flow: the first rule that matches. */

export function verdict(state: State, flow: SimulatedFlow): SimulatedVerdict {
  const packet = packetOf(flow);
  if (packet === undefined) return { action: 'Deny', rule: 'implicit' };
  const tagsOf = tagsOfSource(state);
  const rule = entriesOf(state.running, rulesTable).find(({ body }) => matches(state, body, packet, tagsOf));
  if (rule === undefined) return { action: 'Deny', rule: 'implicit' };
  return { action: elementText(rule.body['action']) === 'allow' ? 'Accept' : 'Deny', rule: rule.name };
}

const rangesOf = remembered((registered: State['registered']) =>
  [...registered].flatMap(([text, tags]) => {
    const range = parseRange(text);
    return range === undefined ? [] : [{ range, tags }];
  }),
);

type TagsOf = (ip: Address) => ReadonlySet<string>;

/** An address has the tags of every registered range that it is in, too. */
function tagsOfSource({ registered }: State): TagsOf {
  const ranges = rangesOf(registered);
  return (ip) => new Set(ranges.flatMap(({ range, tags }) => (within(ip, range) ? [...tags.keys()] : [])));
}

function matches(state: State, body: JsonObject, packet: Packet, tagsOf: TagsOf): boolean {
  const says = (field: string): boolean => elementText(body[field]) === 'yes';
  if (says('disabled')) return false;
  const isFrom = membersIn(body['source']).some((name) => isIn(state, name, packet.source, tagsOf));
  const isTo = membersIn(body['destination']).some((name) => isIn(state, name, packet.destination, tagsOf));
  const isService = membersIn(body['service']).some((name) => isServed(state, name, packet));
  return isFrom !== says('negate-source') && isTo !== says('negate-destination') && isService;
}

function isIn(state: State, name: string, ip: Address, tagsOf: TagsOf): boolean {
  if (name === 'any') return true;
  const address = entryOf(state.running, 'address', name)?.body;
  if (address !== undefined) return isAddressed(address, ip);
  const group = entryOf(state.running, 'address-group', name)?.body;
  if (group === undefined) return isWithin(ip, parseRange(name));
  const filter = elementText(at(group['dynamic'], 'filter'));
  if (filter === '') return membersIn(group['static']).some((member) => isIn(state, member, ip, tagsOf));
  const tags = tagsOf(ip);
  return evaluate(filter, (tag) => tags.has(tag)) === true || isTagged(state, filter, ip);
}

/** A dynamic group is also of the address objects whose tags match, whatever is registered. */
function isTagged({ running }: State, filter: string, ip: Address): boolean {
  return entriesOf(running, 'address').some(({ body }) => {
    const tags = membersIn(body['tag']);
    return tags.length > 0 && evaluate(filter, (tag) => tags.includes(tag)) === true && isAddressed(body, ip);
  });
}

function isAddressed(address: JsonObject, ip: Address): boolean {
  if (address['fqdn'] !== undefined) return resolvesTo([elementText(address['fqdn'])], ip);
  return isWithin(ip, parseRange(elementText(address['ip-netmask'] ?? address['ip-range'])));
}

/** An IPv4 address is one of IPv6 whose first 96 bits are 0 ("Policy", administrator's guide). */
function isWithin(ip: Address, range: Range | undefined): boolean {
  if (range === undefined) return false;
  const isMixed = ip.family === 4 && range.family === 6;
  return within(isMixed ? { family: 6, value: ip.value } : ip, range);
}

const builtIn: Readonly<Record<string, readonly number[]>> = { 'service-http': [80, 8080], 'service-https': [443] };

function isServed(state: State, name: string, { port, protocol }: Packet): boolean {
  if (name === 'any') return true;
  if (builtIn[name] !== undefined) return protocol === 6 && builtIn[name].includes(port);
  const said = entryOf(state.running, 'service', name)?.body['protocol'];
  const ports = elementText(at(said, protocol === 6 ? 'tcp' : 'udp', 'port'));
  return ports.split(',').some((range) => {
    const [from = NaN, to = from] = range.split('-').map(Number);
    return port >= from && port <= to;
  });
}
