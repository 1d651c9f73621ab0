import { namesIn, objectsIn, textOf } from '../../kit/common/api/json.ts';
import { tablePort } from '../../kit/common/rules/reading.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { TablePort } from '../../src/core/model/table.ts';
import { parseAddress } from '../../src/net/address.ts';
import { asNetwork, canonicalCidr, everywhere } from '../../src/net/cidr.ts';
import { networksBetween } from '../../src/net/network-set.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';

/* What one rule is about, as `table` needs it: what is not understood is told, and what it can match at most is still said. */

export interface Reading {
  readonly destination: Destination;
  /** Empty: every protocol and port; undefined: only protocols that Postern does not ask about. */
  readonly ports: readonly TablePort[] | undefined;
  /** Fields, and what they hold, that are not understood. */
  readonly doubts: readonly string[];
}

/** Fields that are read, or that change nothing about what a rule matches; sources are read elsewhere. */
const plain = /^(name|description|ruleType|action|doubt|source(Addresses|IpGroups|KubeSelectorGroups))$/;
const networkFields = /^(ipProtocols|destinationAddresses|destinationFqdns|destinationPorts)$/;
const understood: Readonly<Record<string, RegExp>> = {
  NetworkRule: networkFields,
  NatRule: networkFields,
  ApplicationRule: /^(protocols|targetFqdns|httpHeadersToInsert)$/,
};

export function readingOf(spec: JsonObject): Reading {
  const type = textOf(spec['ruleType']);
  const strange = Object.keys(spec).filter((field) => !plain.test(field) && understood[type]?.test(field) !== true);
  const { doubts, ...reading } = type === 'ApplicationRule' ? applicationReading(spec) : networkReading(spec);
  return { ...reading, doubts: [...doubts, ...strange] };
}

function networkReading(spec: JsonObject): Reading {
  const { networks, unknown } = networksOf(namesIn(spec['destinationAddresses']));
  const names = namesIn(spec['destinationFqdns']);
  const isAny = unknown.length > 0 || networks.includes(everywhere[0]) || networks.length + names.length === 0;
  const isSaid = spec['destinationAddresses'] !== undefined || names.length > 0;
  const protocols = namesIn(spec['ipProtocols']);
  const ranges = namesIn(spec['destinationPorts']);
  const odd = ranges.filter((range) => !/^(\*|\d+(-\d+)?)$/.test(range));
  const over = protocols.includes('Any') ? ['TCP', 'UDP'] : protocols.filter((one) => one !== 'ICMP');
  const isUnsaid = protocols.length === 0 || ranges.length === 0;
  const isEverything = isUnsaid || odd.length > 0 || (protocols.includes('Any') && ranges.includes('*'));
  return {
    destination: isAny ? anywhere : { any: false, names, networks },
    ports: isEverything ? [] : portsOf(over, ranges),
    doubts: [
      ...(isSaid ? [] : ['destination']),
      ...(isUnsaid ? ['ports'] : []),
      ...unknown,
      ...odd.map((range) => `port ${range}`),
    ],
  };
}

function portsOf(protocols: readonly string[], ranges: readonly string[]): readonly TablePort[] | undefined {
  const ports = protocols.flatMap((protocol) =>
    ranges.map((range) => tablePort(range === '*' ? '1-65535' : range, protocol === 'UDP' ? 'UDP' : 'TCP')),
  );
  return ports.length === 0 ? undefined : ports;
}

/** By what a client says where HTTP or TLS is spoken. */
function applicationReading(spec: JsonObject): Reading {
  const names = namesIn(spec['targetFqdns']);
  const odd = names.filter((name) => !/^(\*|(\*\.)?[^*]+)$/.test(name));
  const isAny = names.includes('*') || odd.length > 0 || names.length === 0;
  const ports = objectsIn(spec['protocols']).map(({ port }) => ({ protocol: 'TCP' as const, port: Number(port) }));
  return {
    destination: isAny ? anywhere : { any: false, names, networks: [] },
    ports,
    doubts: [...(names.length === 0 ? ['destination'] : []), ...(ports.length === 0 ? ['ports'] : []), ...odd],
  };
}

/** Addresses, networks and ranges, as networks; `*` is all of them. What is none of these (a service tag) is not known. */
export function networksOf(texts: readonly string[]): {
  readonly networks: readonly string[];
  readonly unknown: readonly string[];
} {
  const read = texts.map(networksIn);
  return { networks: read.flat(), unknown: texts.filter((_, at) => read[at]?.length === 0) };
}

function networksIn(text: string): readonly string[] {
  if (text === '*') return [everywhere[0]];
  const [start, end] = text.split('-').map((one) => parseAddress(one.trim()));
  if (start && end) return networksBetween(start, end);
  const network = start ? asNetwork(text) : canonicalCidr(text);
  return network === undefined ? [] : [network];
}
