import { parseAddress } from '../../../net/address.ts';
import { containsCidr, parseCidr, type Cidr } from '../../../net/cidr.ts';
import { isSpecialUse, networkOf } from '../../values/networks.ts';
import { allOf, anyOf, not, type TriState } from '../../values/tri-state.ts';
import { addressesOf, type End, type OutsideEnd } from './ends.ts';

/** Does a block of addresses take in pods and nodes that have addresses in it? Network plugins differ. */
export type BlockScope = 'everything' | 'outside' | 'unknown';

/** Is the end in a block, and in none of the exceptions? Of a block with bits behind its prefix, plugins make different things. */
export function inBlock(text: string, except: readonly string[], end: End, scope: BlockScope): TriState {
  const inside =
    end.kind === 'outside' && end.address === undefined ? nameInBlock(text, except) : addressInBlock(text, except, end);
  if (end.kind === 'outside' || scope === 'everything') return inside;
  return scope === 'outside' ? 'no' : allOf([inside, 'unknown']);
}

function addressInBlock(text: string, except: readonly string[], end: End): TriState {
  const addresses = addressesOf(end);
  if (addresses.length === 0) return 'unknown';
  return anyOf(
    addresses.map((address) => allOf([contains(text, address), ...except.map((one) => not(contains(one, address)))])),
  );
}

function contains(text: string, address: string): TriState {
  const [exact, loose, parsed] = [parseCidr(text), networkOf(text), parseAddress(address)];
  if (loose === undefined || parsed === undefined) return 'unknown';
  if (!containsCidr(loose, parsed)) return 'no';
  return exact === undefined && text.includes('/') ? 'unknown' : 'yes';
}

/** What makes blocks mean different things to different plugins. */
export function doubtOver(blocks: readonly string[]): string | undefined {
  const loose = blocks.find((text) => text.includes('/') && parseCidr(text) === undefined && networkOf(text));
  if (loose === undefined) return undefined;
  return `${loose} has host bits, of which network plugins make different things: write the network itself`;
}

/** A name is taken to have public addresses: a block of all but private networks is about it, others about some that it may have. */
function nameInBlock(text: string, except: readonly string[]): TriState {
  const cidr = networkOf(text);
  if (cidr === undefined) return 'unknown';
  if (isSpecialUse(cidr)) return 'no';
  return cidr.prefix === 0 && except.every((one) => isSpecial(networkOf(one))) ? 'yes' : 'some';
}

function isSpecial(cidr: Cidr | undefined): boolean {
  return cidr !== undefined && isSpecialUse(cidr);
}

/** Does a rule for names let a flow through? Names count by their addresses, so that another name may share one. */
export function byName(matches: (name: string) => boolean, { host, names }: OutsideEnd): TriState {
  const known = host === undefined ? (names ?? []) : [host, ...(names ?? [])];
  if (known.some(matches)) return 'yes';
  return names === undefined ? 'unknown' : 'no';
}
