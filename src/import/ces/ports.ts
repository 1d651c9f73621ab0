import { lost, type Remark } from '../outcome.ts';
import { normalisePorts, type Ports } from '../../core/destinations/ports.ts';
import type { Shape } from './shapes.ts';

type CesPort = Shape<'ExternalService'>['spec']['ports'][number];
type Protocol = 'TCP' | 'UDP';

export interface ReadPorts {
  /** Empty: every protocol and port. Undefined: none that can be expressed, which must never come to mean every. */
  readonly ports: Ports | undefined;
  /** BIG-IP takes nothing that names one of these, so that nothing of it was ever permitted. */
  readonly isRefused: boolean;
  readonly remarks: readonly Remark[];
}

const mostPorts = 64;
/** That BIG-IP knows beside TCP and UDP (`ipProtocol` of a rule, by AS3's words). */
const otherProtocols = ['icmp', 'ipv6-icmp', 'sctp', 'gre', 'esp', 'ah', 'igmp', 'ospf', 'pim', 'vrrp'];
const every = { port: 1, endPort: 65535 } as const;

/** `spec.ports`: no entry is every protocol and port; an entry without `port` is passed over by CES, whatever its protocol. */
export function readPorts(entries: readonly CesPort[]): ReadPorts {
  if (entries.length === 0) return { ports: [], isRefused: false, remarks: [everyPort] };
  const without = entries.every(({ port }) => port === '');
  const read = entries.map((entry, index) => readEntry(entry, `spec.ports[${index}]`, without));
  const ports = normalisePorts(read.flatMap((entry) => entry.ports));
  const remarks = read.flatMap((entry) => entry.remarks);
  const isRefused = read.some((entry) => entry.isRefused);
  if (ports.length === 0) return { ports: undefined, isRefused, remarks: [...remarks, noUsablePort] };
  if (ports.length > mostPorts) return { ports: undefined, isRefused, remarks: [...remarks, tooMany(ports.length)] };
  return { ports, isRefused, remarks };
}

interface ReadEntry {
  readonly ports: Ports;
  readonly isRefused: boolean;
  readonly remarks: readonly Remark[];
}

function readEntry({ protocol, port, bandwidth }: CesPort, field: string, alone: boolean): ReadEntry {
  const protocols = protocolsOf(protocol);
  const shaped = bandwidth === '' ? [] : [lostBandwidth(bandwidth, field)];
  if (protocols === undefined) {
    const isRefused = !otherProtocols.includes(protocol.toLowerCase());
    return { ports: [], isRefused, remarks: [unknownProtocol(protocol, isRefused, field), ...shaped] };
  }
  if (port === '') {
    const ports = alone ? protocols.map((each) => ({ ...every, protocol: each })) : [];
    return { ports, isRefused: false, remarks: [missingPort(protocol, alone, field), ...shaped] };
  }
  const ranges = port.split(',').map((text) => ({ text, range: readRange(text) }));
  return {
    ports: protocols.flatMap((each) => ranges.flatMap(({ range }) => (range ? [{ ...range, protocol: each }] : []))),
    isRefused: ranges.some(({ range }) => range === undefined),
    remarks: [...ranges.flatMap(({ text, range }) => (range ? [] : [badPort(text, `${field}.port`)])), ...shaped],
  };
}

function protocolsOf(protocol: string): readonly Protocol[] | undefined {
  switch (protocol.toLowerCase()) {
    case 'tcp':
      return ['TCP'];
    case 'udp':
      return ['UDP'];
    case 'any':
    case '':
      return ['TCP', 'UDP'];
    default:
      return undefined;
  }
}

function readRange(text: string): { readonly port: number; readonly endPort: number } | undefined {
  if (!/^\d{1,5}(-\d{1,5})?$/.test(text)) return undefined;
  const [from = 0, last = from] = text.split('-').map(Number);
  // Nothing is sent to port 0: `0-1023` is how some write 1-1023.
  const first = from === 0 && last > 0 ? 1 : from;
  return first >= 1 && first <= last && last <= 65535 ? { port: first, endPort: last } : undefined;
}

const everyPort: Remark = {
  effect: 'unsafe',
  severity: 'warning',
  field: 'spec.ports',
  code: 'every-port',
  message: 'without ports CES means every protocol and port, and so does this: write the ports that are needed',
};

const noUsablePort = lost(
  'spec.ports',
  'no-usable-port',
  'none of its ports can be carried over, and none must not become every port: the service is left out',
);

function tooMany(count: number): Remark {
  const message = `${count} port ranges are more than the ${mostPorts} that a service may have: split it; the service is left out`;
  return lost('spec.ports', 'too-many-ports', message);
}

function missingPort(protocol: string, alone: boolean, field: string): Remark {
  const message = alone
    ? `without a port CES forgot the protocol "${protocol}" and let every protocol through; here it is every port of that protocol`
    : 'CES passes over an entry without a port, and so does this: write the port, or remove the entry';
  return { effect: 'unsafe', severity: 'warning', field, code: 'port-missing', message };
}

function unknownProtocol(protocol: string, isRefused: boolean, field: string): Remark {
  const message = isRefused
    ? `BIG-IP knows no protocol "${protocol}", and refuses the declaration that has it: what is permitted with it is left out`
    : `protocol "${protocol}" cannot be expressed, only TCP and UDP can: state it on the firewall itself if it is needed`;
  return lost(`${field}.protocol`, 'unknown-protocol', message);
}

function badPort(text: string, field: string): Remark {
  const message = `"${text}" is no port or range within 1-65535; BIG-IP refuses the declaration that has it, and with it every other change: what is permitted with it is left out`;
  return lost(field, 'bad-port', message);
}

function lostBandwidth(iRule: string, field: string): Remark {
  const message = `the iRule "${iRule}" that limits bandwidth is not carried over: attach it on the BIG-IP`;
  return { effect: 'lost', severity: 'warning', field: `${field}.bandwidth`, code: 'bandwidth-limit', message };
}
