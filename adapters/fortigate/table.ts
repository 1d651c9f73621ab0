import { namesIn, textOf } from '../../kit/common/api/json.ts';
import { inOneOrder } from '../../kit/common/rules/in-one-order.ts';
import { byKindAndName, everyAddress, inPlace, tablePort, type Found } from '../../kit/common/rules/reading.ts';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import type { Destination } from '../../src/core/model/desired.ts';
import type { Json } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { DeviceTable, TablePort, TableRule } from '../../src/core/model/table.ts';
import { familyOf } from '../../src/net/address.ts';
import { everywhere } from '../../src/net/cidr.ts';
import { anywhere } from '../../src/core/destinations/destination.ts';
import type { FortigateConfig } from './config.ts';
import { foreignRules } from './foreign-table.ts';

/*
 * What FortiOS does with its objects, from its administration guide ("Firewall policy", "Addresses", "Services"), for
 * those who check what is there. It knows nothing of how they came to be.
 */

const feed = 'system/external-resource';

/**
 * Policies in their order, those of others between them. What one of ours leaves open in a way that is not understood is
 * taken to be open.
 */
export function table(
  resources: readonly Resource[],
  { config }: Pick<LowerContext<FortigateConfig>, 'config'>,
  others: readonly Resource[] = [],
): DeviceTable {
  const found = byKindAndName(resources);
  const ours = inPlace(resources, 'firewall/policy').map((policy) => tableRule(policy, found));
  const theirs = others
    .filter(({ kind }) => kind === 'firewall/policy')
    .map(({ position = 0, ...policy }) => ({ behind: position, rules: foreignRules(policy, others, config) }));
  return { rules: inOneOrder(ours, theirs), fallback: 'Deny' };
}

/** A policy has two sides, and a flow of one family meets the side of that family. */
function tableRule(policy: Resource, found: Found): TableRule[] {
  const { name, spec, desiredId } = policy;
  if (spec['status'] === 'disable') return [];
  const action = spec['action'] === 'accept' ? 'Accept' : 'Deny';
  const ports = portsOf(namesIn(spec['service']), found);
  const named = ['srcaddr', 'srcaddr6', 'dstaddr', 'dstaddr6', 'service'].flatMap((side) => namesIn(spec[side]));
  // Negated, by catalogue, of a service that is not there: who knows what that is?
  const known = ports !== undefined && [policy, ...named.flatMap((name) => holders(name, found))].every(isUnderstood);
  if (!known && action === 'Deny') return [];
  const owner = desiredId !== undefined ? { desiredId } : {};
  if (!known) return [{ name, action, sources: everywhere, destination: anywhere, ports: [], ...owner }];
  return ([4, 6] as const).flatMap((family) => {
    const suffix = family === 4 ? '' : '6';
    const [from, to] = [namesIn(spec[`srcaddr${suffix}`]), namesIn(spec[`dstaddr${suffix}`])];
    if (from.length === 0 || to.length === 0) return [];
    const sources = from.flatMap((source) => sourcesOf(source, family, found));
    return [{ name, action, sources, destination: destinationOf(to, family, found), ports, ...owner }];
  });
}

/** What an object may say of itself that is understood here, or that changes nothing about what it matches. */
const understood: Readonly<Record<string, RegExp>> = {
  'firewall/policy':
    /^(comments|status|action|(src|dst)(intf|addr6?)|service|schedule|nat|log.*|utm-status|policy-expiry.*|.*-profile|.*shaper.*|ips-sensor|application-list|diffserv.*|tcp-mss-.*|auto-asic-offload)$/,
  'firewall.service/custom': /^(comment|protocol|tcp-portrange|udp-portrange|.*-timer|session-ttl|helper)$/,
  'firewall/address': /^(comment|type|subnet|fqdn|cache-ttl)$/,
  'firewall/address6': /^(comment|type|ip6|fqdn|cache-ttl)$/,
  'firewall/addrgrp': /^comment$/,
  'firewall/addrgrp6': /^comment$/,
  [feed]: /^(comments|status|type|update-method)$/,
};

function isUnderstood({ kind, spec }: Resource): boolean {
  return Object.keys(spec).every((field) => understood[kind]?.test(field) === true);
}

/** Every object of that name. */
function holders(name: string, found: Found): readonly Resource[] {
  return Object.keys(understood).flatMap((kind) => found.get(`${kind} ${name}`) ?? []);
}

/** An address, a group or a feed; a feed holds both families, and each side of a policy sees its own. */
function sourcesOf(name: string, family: 4 | 6, found: Found): readonly string[] {
  if (name === 'all') return everyAddress(family);
  const holder = found.get(`firewall/addrgrp${family === 4 ? '' : '6'} ${name}`) ?? found.get(`${feed} ${name}`);
  return holder?.members?.filter((member) => familyOf(member) === family) ?? networksOf([name], family, found);
}

function destinationOf(names: readonly string[], family: 4 | 6, found: Found): Destination {
  if (names.includes('all')) return anywhere;
  return { any: false, names: fqdnsOf(names, family, found), networks: networksOf(names, family, found) };
}

function fqdnsOf(names: readonly string[], family: 4 | 6, found: Found): string[] {
  return names.flatMap((name) => {
    const fqdn = addressOf(name, family, found)?.spec['fqdn'];
    return typeof fqdn === 'string' ? [fqdn] : [];
  });
}

function networksOf(names: readonly string[], family: 4 | 6, found: Found): string[] {
  return names.flatMap((name) => {
    const spec = addressOf(name, family, found)?.spec;
    const network = spec?.['subnet'] ?? spec?.['ip6'];
    return typeof network === 'string' ? [network] : [];
  });
}

function addressOf(name: string, family: 4 | 6, found: Found): Resource | undefined {
  return found.get(`${family === 4 ? 'firewall/address' : 'firewall/address6'} ${name}`);
}

/** Empty for `ALL`, which is every protocol; undefined when a service is not there, or is not one of ports. */
function portsOf(services: readonly string[], found: Found): readonly TablePort[] | undefined {
  if (services.includes('ALL')) return [];
  const specs = services.map((name) => found.get(`firewall.service/custom ${name}`)?.spec);
  const ports = specs.flatMap((spec) => [
    ...ranges(spec?.['tcp-portrange'], 'TCP'),
    ...ranges(spec?.['udp-portrange'], 'UDP'),
  ]);
  const areOfPorts = specs.every(
    (spec) => typeof spec?.['protocol'] === 'string' && spec['protocol'].startsWith('TCP/'),
  );
  return areOfPorts && ports.length > 0 ? ports : undefined;
}

/** `80 443 5000-5010`; what follows a colon are ports of the source, which do not matter here. */
function ranges(value: Json | undefined, protocol: TablePort['protocol']): TablePort[] {
  const texts = textOf(value).split(' ').filter(Boolean);
  return texts.map((text) => tablePort(text.split(':')[0] ?? '', protocol));
}
