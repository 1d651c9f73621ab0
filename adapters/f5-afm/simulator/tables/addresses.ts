import * as plain from '../../../../kit/simulator/traffic/addresses.ts';
import { canonicalName } from '../../../../kit/simulator/traffic/names.ts';

/** What an entry of an address list covers. */
export interface Range extends plain.Range {
  /** `%1`; undefined: the default route domain of the partition. */
  readonly routeDomain: number | undefined;
}

/** `10.0.0.1`, `10.0.0.1%1`, `10.0.0.0%1/8`, `10.0.0.1-10.0.0.9`; undefined for anything else. Host bits are cut off. */
export function parseRange(text: string): Range | undefined {
  const ends = text.split('-').map((part) => /^([^%/]+)(?:%(\d{1,5}))?(\/\d{1,3})?$/.exec(part.trim()));
  const [[, , routeDomain] = [], other] = ends.map((end) => end ?? []);
  const alike = other === undefined || (other[2] === routeDomain && ends.every((end) => end?.[3] === undefined));
  const range = plain.parseRange(ends.map((end) => `${end?.[1] ?? ''}${end?.[3] ?? ''}`).join('-'));
  if (range === undefined || !alike || Number(routeDomain ?? 0) > 65_534) return undefined;
  return { ...range, routeDomain: routeDomain === undefined ? undefined : Number(routeDomain) };
}

/** The one spelling in which the device answers it: IPv6 in short form, no /32 or /128. */
export function rangeText(text: string): string | undefined {
  const range = parseRange(text);
  if (range === undefined) return undefined;
  const suffix = range.routeDomain === undefined ? '' : `%${range.routeDomain}`;
  const [first = '', last] = plain.rangeText(range, text.includes('-') ? 'ends' : 'prefix').split('-');
  if (last !== undefined) return `${first}${suffix}-${last}${suffix}`;
  const [address = '', length] = first.split('/');
  return length === undefined ? `${address}${suffix}` : `${address}${suffix}/${length}`;
}

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** The spelling of a host name in an address list; undefined for what is none. */
export function hostName(name: string): string | undefined {
  const host = canonicalName(name);
  // The device takes what looks like an address for one.
  if (host.length > 255 || /^[\d.]+$/.test(host)) return undefined;
  return host.split('.').every((part) => label.test(part)) ? host : undefined;
}
