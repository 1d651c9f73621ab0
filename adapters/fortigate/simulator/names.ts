import { createHash } from 'node:crypto';
import { ipv4Text, ipv6Text, parseIp, type Ip } from './addresses.ts';

const benchmark4 = parseIp('198.18.0.0')?.value ?? 0n;
const benchmark6 = parseIp('2001:2::')?.value ?? 0n;

/**
 * The only name server there is: every name has one IPv4 address out of 198.18.0.0/15 (RFC 2544) and one IPv6 address
 * out of 2001:2::/48 (RFC 5180), the same for ever.
 */
export function addressesOf(name: string): readonly Ip[] {
  const hash = createHash('sha256').update(canonicalName(name)).digest();
  return [
    { family: 4, value: benchmark4 + BigInt(hash.readUInt32BE(0) & 0x1_ffff) },
    { family: 6, value: benchmark6 + hash.readBigUInt64BE(4) },
  ];
}

export function addressTextsOf(name: string, family: 4 | 6): readonly string[] {
  return addressesOf(name)
    .filter((ip) => ip.family === family)
    .map((ip) => (ip.family === 4 ? ipv4Text(ip.value) : ipv6Text(ip.value)));
}

export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** `*.example.com` matches whole labels below, not the apex. */
export function nameMatches(pattern: string, name: string): boolean {
  const wanted = canonicalName(pattern);
  const given = canonicalName(name);
  return wanted.startsWith('*.') ? given.endsWith(wanted.slice(1)) && given !== wanted.slice(2) : wanted === given;
}
