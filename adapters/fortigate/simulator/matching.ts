import { ipv4Value, parseIp, parsePrefix, parseRange, within, type Ip, type IpRange } from './addresses.ts';
import { addressesOf, nameMatches } from './names.ts';
import { childrenAt, namesAt, textAt, type Row } from './row.ts';
import type { Store } from './store.ts';

/** One end of a flow. */
export interface Endpoint {
  readonly ip: Ip | undefined;
  /** The name the client asked for, at the destination. */
  readonly host: string | undefined;
}

/** What the packet path knows besides the tables. */
export interface Knowledge {
  /** Names that clients have asked for through this device: it learns wildcards from them. */
  readonly learned: ReadonlySet<string>;
  /** What rows mean, worked out once: a row never changes in place. */
  readonly ranges: WeakMap<Row, IpRange>;
}

const groupTables = { 4: 'firewall/addrgrp', 6: 'firewall/addrgrp6' } as const;
const addressTables = { 4: 'firewall/address', 6: 'firewall/address6' } as const;

/** Compares one end of one flow with named objects; asked twice about a name, it remembers. */
export class EndMatcher {
  readonly #store: Store;
  readonly #family: 4 | 6;
  readonly #end: Endpoint;
  readonly #known: Knowledge;
  readonly #answers = new Map<string, boolean>();

  constructor(store: Store, family: 4 | 6, end: Endpoint, known: Knowledge) {
    this.#store = store;
    this.#family = family;
    this.#end = end;
    this.#known = known;
  }

  /** Is the end in the object of that name: an address, a group at any depth, or a feed? */
  isIn(name: string): boolean {
    const answer = this.#answers.get(name) ?? this.#decide(name);
    this.#answers.set(name, answer);
    return answer;
  }

  #decide(name: string): boolean {
    const address = this.#store.get(addressTables[this.#family], name);
    if (address !== undefined) return matchesAddress(address, this.#end, this.#known);
    const group = this.#store.get(groupTables[this.#family], name);
    return group === undefined ? this.#isInFeed(name) : this.#isInGroup(group);
  }

  #isInGroup(group: Row): boolean {
    const isInAny = (field: string): boolean => namesAt(group, field).some((member) => this.isIn(member));
    return isInAny('member') && !(group['exclude'] === 'enable' && isInAny('exclude-member'));
  }

  #isInFeed(name: string): boolean {
    const { ip } = this.#end;
    const feed = this.#store.get('system/external-resource', name);
    if (feed?.['status'] !== 'enable' || ip?.family !== this.#family) return false;
    return this.#store.feed(name)?.holds(ip) === true;
  }
}

function matchesAddress(address: Row, end: Endpoint, known: Knowledge): boolean {
  switch (address['type']) {
    case 'ipmask':
    case 'ipprefix':
    case 'iprange':
    case 'interface-subnet': {
      const range = rangeOf(address, known);
      return range !== undefined && (end.ip === undefined ? isEverything(range) : within(end.ip, range));
    }
    case 'wildcard':
      return matchesWildcard(textAt(address, 'wildcard'), end.ip);
    case 'fqdn':
      return matchesFqdn(textAt(address, 'fqdn'), end, known);
    case 'wildcard-fqdn':
      return matchesFqdn(textAt(address, 'wildcard-fqdn'), end, known);
    case 'dynamic':
      return isListed(address, end.ip);
    default:
      return false;
  }
}

function rangeOf(address: Row, { ranges }: Knowledge): IpRange | undefined {
  const known = ranges.get(address);
  if (known !== undefined) return known;
  const range = parsedRange(address);
  if (range !== undefined) ranges.set(address, range);
  return range;
}

function parsedRange(address: Row): IpRange | undefined {
  if (address['type'] === 'ipprefix') return parsePrefix(textAt(address, 'ip6'));
  if (address['type'] === 'iprange') {
    const first = parseIp(textAt(address, 'start-ip'));
    const last = parseIp(textAt(address, 'end-ip'));
    return first === undefined || last === undefined
      ? undefined
      : { family: first.family, first: first.value, last: last.value };
  }
  const [network = '', mask = ''] = textAt(address, 'subnet').split(' ');
  const first = ipv4Value(network);
  return { family: 4, first, last: first | (~ipv4Value(mask) & 0xffff_ffffn) };
}

function isEverything(range: IpRange): boolean {
  return range.first === 0n && range.last === (range.family === 4 ? 0xffff_ffffn : (1n << 128n) - 1n);
}

function matchesWildcard(wildcard: string, ip: Ip | undefined): boolean {
  const [network = '', mask = ''] = wildcard.split(' ');
  const bits = ipv4Value(mask);
  return ip?.family === 4 && (ip.value & bits) === (ipv4Value(network) & bits);
}

function matchesFqdn(fqdn: string, end: Endpoint, known: Knowledge): boolean {
  if (end.host !== undefined && nameMatches(fqdn, end.host)) return true;
  const { ip } = end;
  if (ip === undefined) return false;
  const names = fqdn.startsWith('*') ? [...known.learned].filter((name) => nameMatches(fqdn, name)) : [fqdn];
  return names.some((name) => addressesOf(name).some((own) => own.family === ip.family && own.value === ip.value));
}

/** Filled in by a connector: the addresses are in the read-only list. */
function isListed(address: Row, ip: Ip | undefined): boolean {
  if (ip === undefined) return false;
  return childrenAt(address, 'list').some((item) => {
    const range = parseRange(textAt(item, 'ip'));
    return range !== undefined && within(ip, range);
  });
}
