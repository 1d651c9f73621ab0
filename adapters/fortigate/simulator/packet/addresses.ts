import { namesAt, objectsAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import { parseIp, parsePrefix, parseRange, within, type Range } from '../../../../kit/simulator/traffic/addresses.ts';
import { canonicalName, resolvesTo } from '../../../../kit/simulator/traffic/names.ts';
import { membership } from '../../../../kit/simulator/traffic/packet.ts';
import type { Address } from '../../../../src/net/address.ts';
import { nameCovers } from '../../../../src/net/name.ts';
import type { Vdom } from '../vdom.ts';
import type { Row } from '../tables/schema.ts';

/** What the packet path knows besides the tables. */
export interface Knowledge {
  readonly learned: ReadonlySet<string>;
  /** The range of an address row; undefined for what is none. */
  readonly rangeOf: (address: Row) => Range | undefined;
}

/** Is an address in the object of some name: an address, a group at any depth, or a feed? */
export function objectsWith({ tables, feeds }: Vdom, ip: Address, known: Knowledge): (name: string) => boolean {
  const suffix = ip.family === 4 ? '' : '6';
  return membership((name, isIn) => {
    const address = tables.get(`firewall/address${suffix}`, name);
    if (address !== undefined) return holds(address, ip, known);
    const group = tables.get(`firewall/addrgrp${suffix}`, name);
    if (group === undefined) {
      return tables.get('system/external-resource', name)?.['status'] === 'enable' && feeds.holds(name, ip);
    }
    const isInAny = (field: string): boolean => namesAt(group, field).some(isIn);
    return isInAny('member') && !(group['exclude'] === 'enable' && isInAny('exclude-member'));
  });
}

function holds(address: Row, ip: Address, known: Knowledge): boolean {
  const type = textAt(address, 'type');
  switch (type) {
    case 'ipmask':
    case 'ipprefix':
    case 'iprange':
    case 'interface-subnet': {
      const range = known.rangeOf(address);
      return range !== undefined && within(ip, range);
    }
    case 'wildcard':
      return matchesWildcard(textAt(address, 'wildcard'), ip);
    case 'fqdn':
    case 'wildcard-fqdn':
      return resolvesTo(namesOf(textAt(address, type), known.learned), ip);
    case 'dynamic':
      // Filled in by a connector: the addresses are in the read-only list.
      return objectsAt(address, 'list').some((item) => {
        const range = parseRange(textAt(item, 'ip'));
        return range !== undefined && within(ip, range);
      });
    default:
      return false;
  }
}

/** The names whose addresses an FQDN stands for: the device resolves a name itself, and learns those of a wildcard. */
export function namesOf(fqdn: string, learned: ReadonlySet<string>): readonly string[] {
  return fqdn.startsWith('*.') ? [...learned].filter((name) => nameCovers(canonicalName(fqdn), name)) : [fqdn];
}

export function rangeOf(address: Row): Range | undefined {
  if (address['type'] === 'ipprefix') return parsePrefix(textAt(address, 'ip6'));
  if (address['type'] === 'iprange') return parseRange(`${textAt(address, 'start-ip')}-${textAt(address, 'end-ip')}`);
  const [first, mask] = textAt(address, 'subnet').split(' ').map(parseIp);
  if (first === undefined || mask === undefined) return undefined;
  return { family: 4, first: first.value, last: first.value | (~mask.value & 0xffff_ffffn) };
}

function matchesWildcard(wildcard: string, ip: Address): boolean {
  const [network, mask] = wildcard.split(' ').map(parseIp);
  if (network?.family !== ip.family || mask === undefined) return false;
  return (ip.value & mask.value) === (network.value & mask.value);
}
