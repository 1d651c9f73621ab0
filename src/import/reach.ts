import type { Port } from '../api/fields/destination.ts';
import { cidrsIntersect, containsCidr, formatCidr, parseCidr, type Cidr } from '../net/cidr.ts';
import { width } from '../net/address.ts';

/** Where a rule leads to: names and networks, through these ports. */
export interface Reach {
  readonly domainNames?: readonly string[];
  readonly networks?: readonly string[];
  /** Empty: every port and protocol. */
  readonly ports: readonly Port[];
}

/** Every port of a protocol. */
export function wholeProtocol(protocol: Port['protocol']): Port {
  return { port: 1, endPort: 65_535, protocol };
}

/** A network without some others, exactly; undefined: one of the texts is no network. */
export function networkWithout(text: string, except: readonly string[]): readonly string[] | undefined {
  const [cidr, ...taken] = [text, ...except].map(parseCidr);
  if (cidr === undefined || taken.includes(undefined)) return undefined;
  return halved(
    cidr,
    taken.filter((one) => one !== undefined),
  ).map(formatCidr);
}

function halved(cidr: Cidr, taken: readonly Cidr[]): readonly Cidr[] {
  const meeting = taken.filter((one) => cidrsIntersect(cidr, one));
  if (meeting.length === 0) return [cidr];
  if (meeting.some((one) => containsCidr(one, cidr))) return [];
  const prefix = cidr.prefix + 1;
  const upper = cidr.value | (1n << BigInt(width[cidr.family] - prefix));
  return [cidr.value, upper].flatMap((value) => halved({ family: cidr.family, value, prefix }, meeting));
}
