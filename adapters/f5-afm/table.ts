import { namesIn, objectOf } from '../../kit/common/api/json.ts';
import { inOneOrder } from '../../kit/common/rules/in-one-order.ts';
import { byKindAndName, inPlace, tablePort, type Found } from '../../kit/common/rules/reading.ts';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TableRule } from '../../src/core/model/table.ts';
import { asNetwork, canonicalCidr, everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import type { F5AfmConfig } from './config.ts';
import { foreignRules } from './foreign-table.ts';

/*
 * What AFM does with its objects, from its documentation ("About firewall rules", "About address lists"), for those who
 * check what is there. It knows nothing of how they came to be.
 */

/**
 * Rules in their order, if anything enforces them, those of others around them. What one of ours leaves open in a way that
 * is not understood is taken to be open.
 */
export function table(
  resources: readonly Resource[],
  { config }: Pick<LowerContext<F5AfmConfig>, 'config'>,
  others: readonly Resource[] = [],
): DeviceTable {
  const found = byKindAndName(resources);
  const ours = inPlace(resources, 'security/firewall/rule-list/rules').map((rule) => tableRule(rule, found));
  const theirs = others
    .filter(({ kind }) => kind === 'security/firewall/rule-list/rules')
    .map(({ position = 0, ...rule }) => ({ behind: position, rules: foreignRules(rule, others, isLast(config)) }));
  return { rules: inOneOrder(isEnforced(resources, config) ? ours : ours.map(() => []), theirs), fallback: 'Deny' };
}

/** Virtual servers are asked behind the global policy and those of route domains. */
function isLast({ policy, context }: F5AfmConfig): boolean {
  return policy === undefined && typeof context === 'object' && 'virtualServers' in context;
}

/** A rule list does nothing unless a policy refers to it; where one of the user's is enforced is not known here. */
function isEnforced(resources: readonly Resource[], { policy }: F5AfmConfig): boolean {
  const refers = (spec: JsonObject): boolean =>
    spec['status'] === 'enabled' && (policy === undefined || spec['policy'] === policy);
  const entries = resources.filter(({ kind, spec }) => kind === 'security/firewall/policy/rules' && refers(spec));
  return entries.length > 0 && (policy !== undefined || resources.some(({ kind }) => kind === 'context'));
}

function tableRule({ name, spec, desiredId }: Resource, found: Found): TableRule[] {
  const protocol = spec['ipProtocol'];
  if (spec['status'] === 'disabled') return [];
  // Of other protocols nothing is said here.
  if (protocol !== 'any' && protocol !== 'tcp' && protocol !== 'udp') return [];
  const owner = desiredId !== undefined ? { desiredId } : {};
  const sources = sourcesOf(objectOf(spec['source']), found);
  const destination = destinationOf(objectOf(spec['destination']), found);
  const ports = portsOf(objectOf(spec['destination']), protocol, found);
  const isAccept = spec['action'] === 'accept' || spec['action'] === 'accept-decisively';
  if (sources === undefined || destination === undefined || ports === undefined || !isUnderstood(spec)) {
    return isAccept
      ? [{ name, action: 'Accept', sources: everywhere, destination: anywhere, ports: [], ...owner }]
      : [];
  }
  // When a denying rule with a schedule holds is not known here.
  if (!isAccept && spec['status'] !== 'enabled') return [];
  return [{ name, action: isAccept ? 'Accept' : 'Deny', sources, destination, ports, ...owner }];
}

/** What a rule may say that is read here, or that changes nothing about what it matches. */
const understood = [
  ...[
    'description',
    'action',
    'ipProtocol',
    'status',
    'schedule',
    'source',
    'destination',
    'virtualServer',
    'ruleList',
  ],
  ...['log', 'irule', 'iruleSampleRate', 'protocolInspectionProfile', 'servicePolicy'],
];

function isUnderstood(rule: JsonObject): boolean {
  return has(rule, understood) && rule['virtualServer'] === '';
}

/** An empty side matches everything; one with an empty list matches nothing. Undefined for what is not understood. */
function sourcesOf(source: JsonObject, found: Found): readonly string[] | undefined {
  if (!has(source, ['addressLists', 'addresses'])) return undefined;
  const lists = named(source['addressLists'], 'security/firewall/address-list', found);
  const own = namesIn(source['addresses']).map(withoutDomain);
  if (lists === undefined) return undefined;
  if (lists.length + own.length === 0) return everywhere;
  const all = [
    ...own,
    ...lists.flatMap(({ members, spec }) => members ?? namesIn(spec['addresses']).map(withoutDomain)),
  ];
  return all.every((address) => canonicalCidr(asNetwork(address)) !== undefined) ? all : undefined;
}

function destinationOf(destination: JsonObject, found: Found): Destination | undefined {
  if (!has(destination, ['addressLists', 'addresses', 'portLists', 'ports'])) return undefined;
  const lists = named(destination['addressLists'], 'security/firewall/address-list', found);
  if (lists?.some(({ spec }) => namesIn(spec['geo']).length + namesIn(spec['addressLists']).length > 0))
    return undefined;
  if (lists === undefined) return undefined;
  const own = namesIn(destination['addresses']);
  if (lists.length + own.length === 0) return anywhere;
  const addresses = [...own, ...lists.flatMap(({ spec }) => namesIn(spec['addresses']))];
  const networks = addresses.map((address) => canonicalCidr(asNetwork(withoutDomain(address))));
  if (!networks.every((network) => network !== undefined)) return undefined;
  return { any: false, names: lists.flatMap(({ spec }) => namesIn(spec['fqdns'])), networks };
}

function portsOf(
  destination: JsonObject,
  protocol: 'any' | 'tcp' | 'udp',
  found: Found,
): TableRule['ports'] | undefined {
  const lists = named(destination['portLists'], 'security/firewall/port-list', found);
  if (lists?.some(({ spec }) => namesIn(spec['portLists']).length > 0)) return undefined;
  if (lists === undefined) return undefined;
  const ranges = [...namesIn(destination['ports']), ...lists.flatMap(({ spec }) => namesIn(spec['ports']))];
  if (protocol === 'any') return ranges.length === 0 ? [] : undefined;
  const all = ranges.length === 0 ? ['1-65535'] : ranges;
  return all.map((range) => tablePort(range, protocol === 'tcp' ? 'TCP' : 'UDP'));
}

/** The lists behind their paths; undefined when one of them is not there. */
function named(paths: Json | undefined, kind: string, found: Found): readonly Resource[] | undefined {
  const lists = namesIn(paths).map((path) => found.get(`${kind} ${path.slice(path.lastIndexOf('/') + 1)}`));
  return lists.every((list) => list !== undefined) ? lists : undefined;
}

function has(value: JsonObject, known: readonly string[]): boolean {
  return Object.keys(value).every((field) => known.includes(field));
}

/** `10.9.0.0%10/24` is `10.9.0.0/24` within that route domain. */
function withoutDomain(address: string): string {
  return address.replace(/%\d+/, '');
}
