import { lost, type Remark } from '../outcome.ts';
import { formatAddress, parseAddress, width } from '../../net/address.ts';
import { formatCidr, supernet } from '../../net/cidr.ts';
import { canonicalName, isWildcard } from '../../net/name.ts';

/** What one entry of `spec.addresses` means, and what is to be said about it. */
export interface ReadAddress {
  readonly network?: string;
  readonly name?: string;
  /** It may be this network, and may be nothing: permitted it is not, denied it is. */
  readonly doubtful?: string;
  readonly remark?: Remark;
}

/**
 * CES passes everything to BIG-IP that is neither an address nor a CIDR as a domain name to be resolved, typos included:
 * such an entry matches nothing, without an error.
 */
export function readAddress(text: string, field: string): ReadAddress {
  const network = readNetwork(text.trim());
  if (network !== undefined)
    return hasHostBits(text.trim()) ? { doubtful: network, remark: hostBits(text, network, field) } : { network };
  const name = canonicalName(text.trim());
  if (name === undefined) return { remark: unreadable(text, field) };
  return isWildcard(name) ? { remark: wildcard(name, field) } : { name };
}

/** The canonical network of an address or a CIDR, bits beyond the prefix cleared. */
export function readNetwork(text: string): string | undefined {
  const [host = '', prefix, ...rest] = text.split('/');
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0) return undefined;
  const full = { ...address, prefix: width[address.family] };
  if (prefix === undefined) return formatCidr(full);
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > full.prefix) return undefined;
  return formatCidr(supernet(full, Number(prefix)));
}

function hasHostBits(text: string): boolean {
  const [host = '', prefix] = text.split('/');
  const address = parseAddress(host);
  return prefix !== undefined && address !== undefined && readNetwork(text) !== `${formatAddress(address)}/${prefix}`;
}

function hostBits(text: string, network: string, field: string): Remark {
  const message = `${text} has bits set beyond its prefix, and how BIG-IP reads it is not documented: Postern does not permit it, and denies ${network} instead; write the intended network`;
  return lost(field, 'host-bits', message);
}

function wildcard(name: string, field: string): Remark {
  const message = `BIG-IP resolves only full names, so ${name} matched nothing; in Postern it would match every name below it: write the intended names`;
  return lost(field, 'wildcard-name', message);
}

function unreadable(text: string, field: string): Remark {
  const hint = /^[\da-f.:]+\s*-\s*[\da-f.:]+$/i.test(text.trim())
    ? 'write a range as CIDRs'
    : 'write an address, a CIDR or a full domain name';
  const message = `"${text}" is neither an address nor a CIDR nor a full domain name; CES passes it to BIG-IP as a name to resolve, and reports no error although nothing matches: ${hint}`;
  return lost(field, 'not-an-address', message);
}
