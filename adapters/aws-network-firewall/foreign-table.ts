import { namesIn, objectOf, textOf } from '../../kit/common/api/json.ts';
import { doubtIn, foreignBy, unreadRule } from '../../kit/common/rules/reading.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { TablePort, TableRule } from '../../src/core/model/table.ts';
import { asNetwork, canonicalCidr, everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';

/*
 * Rule groups of others, from the user guide of Suricata ("Rules Format"). What a line says that is not understood here is
 * told as a doubt; what it can match at most is still said as narrowly as it can be.
 */

/** What a side of a rule can be at most; undefined for what is not understood. */
type Networks = readonly string[] | undefined;

export function foreignRules({ name, spec }: Resource): TableRule[] {
  const why = textOf(spec['unread']);
  if (why !== '') return (['Accept', 'Deny'] as const).map((action) => unreadRule(name, action, why));
  const lines = (spec['lines'] ?? []) as readonly string[];
  const sets = objectOf(spec['sets']);
  const whose = foreignBy(textOf(spec['description']));
  return lines.flatMap((line, at) =>
    lineRules(`${name} line ${at + 1}`, line, sets).map((rule) => ({ ...rule, ...whose })),
  );
}

const shape = /^(pass|drop|reject\w*) (\S+) (\[.*?\]|\S+) (\[.*?\]|\S+) (->|<>) (\[.*?\]|\S+) (\[.*?\]|\S+) \((.*)\)$/;
/** Options that match nothing by themselves. */
const plain =
  /^(msg|sid|rev|gid|classtype|priority|metadata|reference|noalert|alert|flow:\s*(to_server|established|,|\s)+)$/;

function lineRules(name: string, line: string, sets: JsonObject): TableRule[] {
  // An alert decides nothing in strict order.
  if (line.startsWith('alert ')) return [];
  const action = line.startsWith('pass ') ? 'Accept' : 'Deny';
  const found = shape.exec(line);
  if (found === null) return [unreadRule(name, action, 'a form of line that is not read here')];
  const [, , protocol = '', source = '', sourcePort = '', , target = '', port = '', options = ''] = found;
  if (protocol.startsWith('icmp')) return [];
  const [sources, networks, ports] = [networksOf(source, sets), networksOf(target, sets), portsOf(protocol, port)];
  const doubts = [
    ...unless(sources !== undefined, `source ${source}`),
    ...unless(networks !== undefined, `destination ${target}`),
    ...unless(ports !== undefined, `port ${port}`),
    ...unless(isAny(sourcePort), `source port ${sourcePort}`),
    ...unless(/^(ip|tcp|udp|tcp-pkt|tcp-stream)$/.test(protocol), `protocol ${protocol}`),
    ...strangeOptions(options),
  ];
  const sides = { sources: sources ?? everywhere, destination: destinationOf(target, networks), ports: ports ?? [] };
  return [{ name, action, ...sides, foreign: true, ...doubtIn(doubts) }];
}

function unless(holds: boolean, doubt: string): string[] {
  return holds ? [] : [doubt];
}

function isAny(text: string): boolean {
  return text.toLowerCase() === 'any';
}

function destinationOf(target: string, networks: Networks): Destination {
  return networks === undefined || isAny(target) ? anywhere : { any: false, names: [], networks };
}

/** A colon inside of quotes, or a semicolon, is no end: only the keywords matter here. */
function strangeOptions(options: string): string[] {
  const parts = options.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(';');
  const keywords = parts.map((part) => part.trim()).filter(Boolean);
  return keywords.flatMap((part) =>
    plain.test(part) || plain.test(part.split(':', 1)[0] ?? '') ? [] : [part.slice(0, 40)],
  );
}

function networksOf(text: string, sets: JsonObject): Networks {
  if (isAny(text)) return everywhere;
  const networks = text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .flatMap((one) => (Object.hasOwn(sets, one.trim()) ? namesIn(sets[one.trim()]) : [one.trim()]))
    .map((one) => canonicalCidr(asNetwork(one)));
  return networks.every((network) => network !== undefined) ? networks : undefined;
}

/** Of the protocols that Suricata knows, those that never go over UDP. */
const overTcp = /^(tcp|tcp-pkt|tcp-stream|tls|ssl|http|http1|http2|ssh|smtp|ftp|ftp-data|imap|pop3|smb|mqtt|rdp)$/;

/** Empty: every port of every protocol. */
function portsOf(protocol: string, text: string): readonly TablePort[] | undefined {
  const over: readonly TablePort['protocol'][] =
    protocol.startsWith('udp') || protocol === 'quic' ? ['UDP'] : overTcp.test(protocol) ? ['TCP'] : ['TCP', 'UDP'];
  if (isAny(text)) return protocol === 'ip' ? [] : over.map((one) => ({ protocol: one, port: 1, endPort: 65_535 }));
  const ranges = text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((one) => /^(\d+)(?::(\d*))?$/.exec(one.trim()));
  if (!ranges.every((range) => range !== null)) return undefined;
  return ranges.flatMap(([whole, first = '', last]) => {
    const port = Number(first);
    const endPort = last === undefined ? port : last === '' ? 65_535 : Number(last);
    return whole === '' ? [] : over.map((one) => ({ protocol: one, port, ...(endPort !== port && { endPort }) }));
  });
}
