import { parseAddress, width, type Address } from '../../net/address.ts';
import { containsCidr, parseCidr, type Cidr } from '../../net/cidr.ts';

/** An address or a network as mesh objects write them; host bits are ignored, as Istio does. */
export function networkOf(text: string): Cidr | undefined {
  const exact = parseCidr(text);
  if (exact) return exact;
  const [head = '', digits] = text.split('/');
  const address = parseAddress(head);
  if (!address) return undefined;
  const prefix = digits === undefined ? width[address.family] : Number(digits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > width[address.family]) return undefined;
  const shift = BigInt(width[address.family] - prefix);
  return { family: address.family, value: (address.value >> shift) << shift, prefix };
}

export function networksOf(texts: readonly string[]): readonly Cidr[] {
  return texts.flatMap((text) => networkOf(text) ?? []);
}

export function isIn(networks: readonly Cidr[], address: Address): boolean {
  return networks.some((network) => containsCidr(network, address));
}

/** Addresses that no public name has: RFC 1918, 6598, 3927, 4193, 4291 and the like. */
const special = networksOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
]);

export function isSpecialUse(network: Cidr): boolean {
  return special.some((outer) => containsCidr(outer, network));
}
