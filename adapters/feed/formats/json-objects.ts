import { createHash } from 'node:crypto';
import { entriesOf, type FeedDocument } from '../document/document.ts';
import { checked } from './entries.ts';

/** A named set of addresses: a list, or where a rule leads by network. */
interface AddressObject {
  readonly name: string;
  readonly title: string;
  readonly entries: readonly string[];
}

/** Every set of addresses that rules name, so that a device has all of them at one instant. */
function addressObjects({ lists, rules }: FeedDocument): readonly AddressObject[] {
  const destinations = rules.filter(({ destination }) => !destination.any && destination.networks.length > 0);
  return [
    ...lists.map((list) => ({ name: list.name, title: list.title, entries: entriesOf(list) })),
    ...destinations.map(({ name, title, destination }) => ({
      name: `${name}.to`,
      title,
      entries: destination.networks,
    })),
  ];
}

/**
 * Generic Data Center (sk167210): one object of the data center for each set. An object keeps its id as long as it has its name, for the
 * gateway goes by it.
 */
export function checkPoint(document: FeedDocument): object {
  const objects = addressObjects(document).map(({ name, title, entries }) => ({
    name,
    id: uuidOf(name),
    description: title,
    ranges: checkedRanges(name, entries),
  }));
  return { version: '1.0', description: 'Published by Postern', objects };
}

/**
 * Generic address (https://docs.fortinet.com/document/fortigate/7.6.3/administration-guide/175996): one dynamic address for each set, found
 * with the paths that FortiOS has by default but for `object-array-path`, which is `$.addresses`. IPv6 is not taken.
 */
export function fortiGate(document: FeedDocument): object {
  const addresses = addressObjects(document).map(({ name, title, entries }) => ({
    name,
    value: checkedRanges(
      name,
      entries.filter((entry) => !entry.includes(':')),
    ),
    description: title,
  }));
  return { addresses };
}

function checkedRanges(name: string, entries: readonly string[]): readonly string[] {
  return checked('address', name, entries.join(' ')).split(' ');
}

/** A UUID that follows from a name (RFC 9562, version 8). */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(`postern feed ${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
