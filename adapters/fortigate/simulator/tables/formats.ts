import { network, parseIp, parsePrefix } from '../../../../kit/simulator/traffic/addresses.ts';
import { formatAddress } from '../../../../src/net/address.ts';
import { Failure, invalid } from '../api/failure.ts';

/* The spellings of the device. Each throws the Failure for what is no such text. */

const allOnes = 0xffff_ffffn;

/** `10.0.0.0 255.0.0.0`, also given as `10.0.0.0/8`, or as one address. */
export function subnet(text: string): string {
  const prefix = text.includes('/') ? parsePrefix(text) : undefined;
  if (prefix?.family === 4) {
    return `${formatAddress({ family: 4, value: prefix.first })} ${maskText(Number(text.split('/')[1]))}`;
  }
  const [address = '', mask = '255.255.255.255', ...rest] = text.split(' ');
  const ip = parseIp(address);
  if (ip?.family !== 4 || rest.length > 0) throw new Failure(`invalid ip address '${text}'`, -8);
  const bits = parseIp(mask);
  if (bits?.family !== 4 || maskLength(bits.value) === undefined) throw new Failure(`invalid netmask '${mask}'`, -9);
  return `${formatAddress({ family: 4, value: ip.value & bits.value })} ${mask}`;
}

/** Bits of a contiguous mask, `255.255.255.0` is 24; undefined for a mask with holes. */
export function maskLength(mask: bigint): number | undefined {
  const inverse = ~mask & allOnes;
  if ((inverse & (inverse + 1n)) !== 0n) return undefined;
  return 32 - (inverse === 0n ? 0 : inverse.toString(2).length);
}

export function maskText(length: number): string {
  return formatAddress({ family: 4, value: network({ family: 4, value: allOnes }, length).first });
}

export function address(family: 4 | 6): (text: string) => string {
  return (text) => {
    const ip = parseIp(text);
    if (ip?.family !== family) throw new Failure(`invalid ip address '${text}'`, family === 4 ? -8 : -255);
    return formatAddress(ip);
  };
}

export function wildcard(text: string): string {
  const [base = '', mask = '', ...rest] = text.split(' ');
  if (parseIp(base)?.family === 4 && parseIp(mask)?.family === 4 && rest.length === 0) return text;
  throw new Failure(`invalid ip address '${text}'`, -8);
}

export function prefix6(text: string): string {
  const prefix = parsePrefix(text.includes('/') ? text : `${text}/128`);
  if (prefix?.family !== 6) throw new Failure(`invalid IPv6 prefix '${text}'`, -254);
  return `${formatAddress({ family: 6, value: prefix.first })}/${text.split('/')[1] ?? '128'}`;
}

/** `443 8443-8450:1024-65535`: destination ranges, each with an optional source range. */
export function ports(text: string): string {
  const items = text.split(/\s+/).filter((item) => item !== '');
  for (const item of items) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?(?::(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(item);
    const [, from, to = from, sourceFrom = '1', sourceTo = sourceFrom] = match ?? [];
    const ordered = Number(from) <= Number(to) && Number(sourceFrom) <= Number(sourceTo);
    if (match === null || !ordered || Number(to) > 65_535 || Number(sourceTo) > 65_535) {
      throw new Failure(`Invalid port range '${item}'`, -363);
    }
  }
  return items.join(' ');
}

export function uuid(text: string): string {
  const lower = text.toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower)) throw invalid(lower);
  return lower;
}

const week = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'none'];

/** `monday friday`, in the order of the week, whatever the order in which they are given. */
export function days(text: string): string {
  const given = text.split(' ').filter((day) => day !== '');
  const unknown = given.find((day) => !week.includes(day));
  if (unknown !== undefined) throw invalid(unknown);
  return week.filter((day) => given.includes(day)).join(' ');
}

/** `08:30`; the end of a day is `00:00` of the next. */
export function timeOfDay(text: string): string {
  if (text !== '' && !/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) throw new Failure('Invalid time input', -134);
  return text || '00:00';
}
