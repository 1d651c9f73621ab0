import { width, formatAddress } from '../net/address.ts';
import { formatCidr } from '../net/cidr.ts';
import type { FlowSet, Target } from '../verify/flows/flow-set.ts';
import { portIntervals, subtract, type Interval } from '../verify/flows/intervals.ts';
import { otherNames } from './destinations.ts';

/** What flows are called, and which they are. */
export interface Named<T> {
  readonly text: T;
  readonly is: FlowSet;
}

/** `*.example.com except www.example.com`; of addresses one for each stretch: `203.0.113.0/24`, `10.0.0.3-10.0.0.9`. */
export function byTarget({ to, ports }: FlowSet): readonly Named<string>[] {
  if ('name' in to) return [{ text: nameText(to), is: { to, ports } }];
  return to.addresses.map((span) => ({ text: stretch(span), is: { to: { addresses: [span] }, ports } }));
}

function nameText(to: Extract<Target, { name: string }>): string {
  const name = to.name === otherNames ? 'every other name' : to.name;
  return to.except.length === 0 ? name : `${name} except ${to.except.join(', ')}`;
}

function stretch({ space, first, last }: Interval): string {
  if (space !== 4 && space !== 6) return '';
  const size = last - first + 1n;
  const bits = size.toString(2).length - 1;
  const isNetwork = size === 1n << BigInt(bits) && first % size === 0n;
  if (isNetwork) return formatCidr({ family: space, value: first, prefix: width[space] - bits });
  const [from, to] = [first, last].map((value) => formatAddress({ family: space, value }));
  return `${from}-${to}`;
}

export interface PortText {
  /** `443`, `5432-5440` or `any`. */
  readonly port: number | string;
  /** `other`: every protocol but TCP and UDP. */
  readonly protocol: 'TCP' | 'UDP' | 'other' | 'any';
}

/** One for each stretch of ports, or for all there are. */
export function byPort({ to, ports }: FlowSet): readonly Named<PortText>[] {
  const isEvery = subtract(portIntervals(undefined), ports).length === 0;
  if (isEvery) return [{ text: { port: 'any', protocol: 'any' }, is: { to, ports } }];
  return ports.map((span) => ({ text: portText(span), is: { to, ports: [span] } }));
}

function portText({ space, first, last }: Interval): PortText {
  const protocol = space === 'TCP' || space === 'UDP' ? space : 'other';
  if (protocol === 'other' || (first <= 1n && last >= 65535n)) return { port: 'any', protocol };
  return { port: first === last ? Number(first) : `${first}-${last}`, protocol };
}
