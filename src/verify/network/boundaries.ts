import type { Destination } from '../../core/model/desired.ts';
import { formatCidr } from '../../net/cidr.ts';
import { canonicalName } from '../../net/name.ts';
import { networkOf } from '../values/networks.ts';
import { networkKindIds } from './kinds.ts';
import type { NetworkObjects } from './objects.ts';

/** Where a policy draws a line outside the cluster. */
export interface PolicyBoundary {
  readonly to: Destination;
  readonly ports: readonly { readonly port: number; readonly endPort?: number; readonly protocol: 'TCP' | 'UDP' }[];
}

/**
 * Every line that rules draw, whatever their kind calls it: addresses, names and ports are looked for wherever a rule has
 * them. A line too many costs a comparison; one too few would hide a difference.
 */
export function boundariesOfPolicies(
  { byKind }: NetworkObjects,
  isUsed: (id: string) => boolean = () => true,
): readonly PolicyBoundary[] {
  const objects = [...byKind].flatMap(([kind, list]) => {
    if (!networkKindIds.has(kind) || kind.endsWith('/HostEndpoint')) return [];
    // The others are what policies refer to: sets and groups.
    return kind.endsWith('Policy') ? list.filter((object) => idsOf(kind, object).some(isUsed)) : list;
  });
  return objects.flatMap((object) =>
    rulesIn(object)
      .filter((rule) => !isWithinCluster(rule))
      .flatMap(boundariesOf),
  );
}

/** How a policy is called: by its kind, or by its kind and group where several groups have that kind. */
function idsOf(kind: string, object: unknown): readonly string[] {
  const [group = '', name = ''] = kind.split('/');
  const metadata = field(object, 'metadata');
  const rest = [field(metadata, 'namespace'), field(metadata, 'name')].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  const bare = [name, `${name}.${group}`];
  return [
    ...bare.map((first) => [first, ...rest].join('/')),
    ...bare.map((first) => [first, 'default', ...rest].join('/')),
  ];
}

/** Peers that are pods or nodes, wherever those are: a rule of nothing else draws no line outside. */
const inCluster = new Set([
  'podSelector',
  'namespaceSelector',
  'namespaces',
  'pods',
  'nodes',
  'nodeSelector',
  'serviceAccount',
]);

function isWithinCluster(rule: unknown): boolean {
  const peers = listOf(field(rule, 'to'));
  if (peers.length > 0) return peers.every((peer) => keysOf(peer).every((key) => inCluster.has(key)));
  const kinds = keysOf(rule).filter((key) => key.startsWith('to') && key !== 'toPorts');
  return kinds.length === 1 && kinds[0] === 'toEndpoints';
}

/** The rules of an object; of sets and groups, which have none, the whole. */
function rulesIn(object: unknown): readonly unknown[] {
  const specs = [field(object, 'spec'), ...listOf(field(object, 'specs'))];
  const rules = specs.flatMap((spec) => [...listOf(field(spec, 'egress')), ...listOf(field(spec, 'egressDeny'))]);
  const hasRules = specs.some((spec) =>
    ['egress', 'egressDeny', 'ingress', 'ingressDeny'].some((name) => field(spec, name) !== undefined),
  );
  return hasRules ? rules : specs.filter((spec) => spec !== undefined && spec !== null);
}

type PolicyPort = PolicyBoundary['ports'][number];

interface Found {
  readonly networks: Set<string>;
  readonly names: Set<string>;
  readonly ports: Map<string, PolicyPort>;
  /** What the rule takes away from these. */
  readonly except: { readonly networks: Set<string>; readonly ports: Map<string, PolicyPort> };
  /** It refers to a set or a group, whose networks stand elsewhere. */
  refers: boolean;
}

const anywhere: Destination = { any: true, names: [], networks: [] };

/** An exception lies within what it is taken from, and would be no line of its own beside it. */
function boundariesOf(rule: unknown): readonly PolicyBoundary[] {
  const except = { networks: new Set<string>(), ports: new Map<string, PolicyPort>() };
  const found: Found = { networks: new Set(), names: new Set(), ports: new Map(), except, refers: false };
  gather(rule, '', found);
  const any = found.networks.size + found.names.size === 0;
  const to: Destination = { any, names: [...found.names], networks: [...found.networks] };
  const ports = [...found.ports.values()];
  return [
    { to, ports },
    ...(found.refers && !any ? [{ to: anywhere, ports }] : []),
    ...[...except.networks].map((network) => ({ to: { ...anywhere, any: false, networks: [network] }, ports })),
    ...[...except.ports.values()].map((port) => ({ to, ports: [port] })),
  ];
}

const nameFields = new Set(['matchName', 'matchPattern', 'fqdn', 'domainNames', 'dnsName', 'name', 'pattern']);
const protocols = ['TCP', 'UDP'] as const;
const portFields = new Set(['port', 'ports', 'number', 'notPorts']);
const exceptions = new Set(['except', 'notNets']);
const references = new Set(['cidrGroupRef', 'cidrGroupSelector', 'group']);

function gather(value: unknown, key: string, found: Found): void {
  if (Array.isArray(value)) for (const item of value) gather(item, key, found);
  else if (typeof value === 'object' && value !== null) gatherFields(value, found);
  else if (typeof value === 'number' || typeof value === 'string') take(value, key, found);
}

function gatherFields(value: object, found: Found): void {
  const first = Number(field(value, 'start') ?? field(value, 'port') ?? NaN);
  const last = Number(field(value, 'end') ?? field(value, 'endPort') ?? NaN);
  const isRange = isPort(first);
  if (isRange) addPorts(found.ports, first, isPort(last) ? last : first, field(value, 'protocol'));
  for (const [name, inner] of Object.entries(value)) {
    if (references.has(name)) found.refers = true;
    if (!isRange || !portFields.has(name)) gather(inner, name, found);
  }
}

function take(value: number | string, key: string, found: Found): void {
  if (portFields.has(key)) {
    const [, first = '', last = first] = /^(\d+)(?::(\d+))?$/.exec(String(value)) ?? [];
    const ports = key === 'notPorts' ? found.except.ports : found.ports;
    if (first !== '' && isPort(Number(first))) addPorts(ports, Number(first), Number(last), undefined);
  }
  if (typeof value !== 'string') return;
  const network = /[.:]/.test(value) ? networkOf(value) : undefined;
  const networks = exceptions.has(key) ? found.except.networks : found.networks;
  if (network) networks.add(formatCidr(network));
  else if (nameFields.has(key) && value.includes('.')) for (const name of namesOf(value)) found.names.add(name);
}

/** Names that a pattern tells from others: itself, and names with one label and with two where it has stars. */
function namesOf(pattern: string): readonly string[] {
  const probes = ['postern-probe', 'postern-probe.postern-probe'].map((label) => pattern.replaceAll(/\*+/g, label));
  return (pattern.includes('*') ? [pattern, ...probes] : [pattern]).flatMap((name) => canonicalName(name) ?? []);
}

function addPorts(ports: Found['ports'], port: number, endPort: number, written: unknown): void {
  if (port === 0 || endPort < port) return;
  const only = protocols.filter((protocol) => protocol === written);
  for (const protocol of only.length > 0 ? only : protocols)
    ports.set(`${protocol} ${port}-${endPort}`, { port, endPort, protocol });
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 65535;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
