import { inOneOrder } from '../../kit/common/rules/in-one-order.ts';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TablePort, TableRule } from '../../src/core/model/table.ts';
import { canonicalAddress } from '../../src/net/address.ts';
import { asNetwork, canonicalCidr, everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import type { PanosConfig } from './config.ts';
import { foreignRule } from './foreign-table.ts';
import { byKindAndName, inPlace, tablePort, type Found } from '../../kit/common/rules/reading.ts';
import { namesIn } from '../../kit/common/api/json.ts';

/*
 * What PAN-OS does with its objects, from its administrator's guide ("Security policy", "Use dynamic address groups in
 * policy"), for those who check what is there. It knows nothing of how they came to be.
 */

/**
 * Rules in their order, those of others between them. What one of ours leaves open in a way that is not understood is
 * taken to be open.
 */
export function table(
  resources: readonly Resource[],
  _: Pick<LowerContext<PanosConfig>, 'config'>,
  others: readonly Resource[] = [],
): DeviceTable {
  const objects: Objects = {
    found: byKindAndName(resources),
    tagged: others.filter(({ kind, spec }) => kind === 'address' && spec['tag'] !== undefined),
  };
  const ours = inPlace(resources, 'security-rule').map((rule) => tableRule(rule, objects));
  const theirs = others
    .filter(({ kind }) => kind === 'security-rule')
    .map((rule) => ({ behind: rule.position ?? 0, rules: foreignRule(rule, [...resources, ...others]) }));
  return { rules: inOneOrder(ours, theirs), fallback: 'Deny' };
}

/** What a rule may say that is understood here, or that changes nothing about what it matches. */
const understood =
  /^(from|to|source|destination|service|action|description|log-.*|profile-setting|tag|group-tag|option|icmp-unreachable|qos)$/;

interface Objects {
  readonly found: Found;
  /** Address objects of others with tags, which dynamic groups are of as well. */
  readonly tagged: readonly Resource[];
}

function tableRule(rule: Resource, { found, tagged }: Objects): TableRule[] {
  const { name, spec, desiredId } = rule;
  const action = spec['action'] === 'allow' ? 'Accept' : 'Deny';
  const owner = desiredId !== undefined ? { desiredId } : {};
  const ports = portsOf(namesIn(spec['service']), found);
  const destination = destinationOf(namesIn(spec['destination']), found);
  const sources = sourcesOf(namesIn(spec['source']), { found, tagged });
  const isKnown = ports !== undefined && destination !== undefined && sources !== undefined;
  if (isKnown && Object.keys(spec).every((field) => understood.test(field)))
    return sources.length === 0 ? [] : [{ name, action, sources, destination, ports, ...owner }];
  if (action === 'Deny') return [];
  return [{ name, action, sources: everywhere, destination: anywhere, ports: [], ...owner }];
}

/** Undefined: one of the names leads nowhere, or to what is not understood. */
function sourcesOf(names: readonly string[], objects: Objects): readonly string[] | undefined {
  if (names.includes('any')) return everywhere;
  return allOf(names.map((name) => membersOf(name, objects) ?? networkOf(name, objects.found)));
}

/** Of a dynamic group whose filter is one tag or one of several: whatever has that tag, registered or as an object. */
function membersOf(name: string, { found, tagged }: Objects): readonly string[] | undefined {
  const filter = (found.get(`address-group ${name}`)?.spec['dynamic'] as JsonObject | undefined)?.['filter'];
  const tags =
    typeof filter === 'string' ? filter.split(' or ').map((part) => /^'([^']+)'$/.exec(part.trim())?.[1]) : [];
  if (tags.length === 0 || tags.includes(undefined)) return undefined;
  const registered = tags.flatMap((tag) => found.get(`IP-Tag ${tag ?? ''}`)?.members ?? []);
  const objects = tagged.filter(({ spec }) => namesIn(spec['tag']).some((tag) => tags.includes(tag)));
  return allOf([registered, ...objects.map(({ spec }) => networkIn(spec))]);
}

function destinationOf(names: readonly string[], found: Found): Destination | undefined {
  if (names.includes('any')) return anywhere;
  const networks = names.map((name) => networkOf(name, found));
  const hosts = names.map((name) => found.get(`address ${name}`)?.spec['fqdn']);
  if (names.some((_, at) => networks[at] === undefined && typeof hosts[at] !== 'string')) return undefined;
  const texts = hosts.filter((host) => typeof host === 'string');
  return { any: false, names: texts, networks: networks.flatMap((network) => network ?? []) };
}

function networkOf(name: string, found: Found): readonly string[] | undefined {
  const address = found.get(`address ${name}`);
  return address && networkIn(address.spec);
}

function networkIn(spec: JsonObject): readonly string[] | undefined {
  const text = spec['ip-netmask'];
  if (typeof text !== 'string') return undefined;
  const network = canonicalAddress(text) === undefined ? canonicalCidr(text) : asNetwork(text);
  return network === undefined ? undefined : [network];
}

/** Empty: every protocol and port. */
function portsOf(names: readonly string[], found: Found): readonly TablePort[] | undefined {
  if (names.includes('any')) return [];
  return allOf(names.map((name) => servicePorts(found.get(`service ${name}`)?.spec['protocol'])));
}

export function servicePorts(protocol: Json | undefined): readonly TablePort[] | undefined {
  const [first, ...more] = Object.entries((protocol ?? {}) as JsonObject);
  const [word, said] = first ?? ['', undefined];
  const inside = (said ?? {}) as JsonObject;
  const text = inside['port'];
  const isOnly = more.length === 0 && Object.keys(inside).length === 1;
  if (!isOnly || typeof text !== 'string' || (word !== 'tcp' && word !== 'udp')) return undefined;
  const number = word === 'tcp' ? 'TCP' : 'UDP';
  return text.split(',').map((range) => tablePort(range, number));
}

function allOf<T>(parts: readonly (readonly T[] | undefined)[]): readonly T[] | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known.flat() : undefined;
}
