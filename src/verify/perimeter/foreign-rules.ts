import type { Perimeter } from '../layers.ts';
import type { DeviceTable, TableRule } from '../../core/model/table.ts';
import { lazily } from '../../core/model/lazily.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { parseAddress, width } from '../../net/address.ts';
import { parseCidr, type Cidr } from '../../net/cidr.ts';

/*
 * Rules of others on a device of ours. Whatever stands above ours decides before them, whatever stands below decides what
 * ours leave open: both are a part of what the device does.
 */

/** What the rules of others do to ours, as the end of a sentence, by name. */
export function foreignRoles({ rules }: DeviceTable): ReadonlyMap<string, string> {
  const lastOfOurs = rules.findLastIndex(({ foreign }) => foreign === undefined);
  const role = (at: number, whose: string): string =>
    at < lastOfOurs ? `shadowed by a ${whose}` : `left to a ${whose} behind ours`;
  return new Map(
    rules.flatMap(({ name, foreign, cluster }, at) =>
      foreign === true
        ? [[name, role(at, cluster === undefined ? 'foreign rule' : `rule of cluster ${cluster}`)] as const]
        : [],
    ),
  );
}

/** The table without rules of others that no flow of ours can meet: a device may have thousands. */
export function withinReach({ rules, fallback }: DeviceTable, known: KnownSources): DeviceTable {
  return { fallback, rules: rules.filter((rule) => rule.foreign === undefined || rule.sources.some(known.isIn)) };
}

export interface KnownSources {
  /** Does an address of ours lie in this network? */
  readonly isIn: (network: string) => boolean;
}

/** Every address that a flow of the cluster can have. */
export function knownSources({ pods, nodes }: Snapshot, perimeters: readonly Perimeter[]): KnownSources {
  // Most devices have no rules of others to ask about.
  const sorted = lazily(() => {
    const networks = perimeters.flatMap(({ point }) => point.spec.vantage.networks ?? []);
    const attachments = pods.flatMap(({ attachments: all = [] }) => (all === 'unreadable' ? [] : all));
    const texts = [...pods, ...nodes, ...attachments].flatMap(({ addresses }) => addresses);
    const first = [...texts, ...networks].flatMap((text) => parseAddress(text) ?? parseCidr(text) ?? []);
    return {
      4: BigUint64Array.from(first.flatMap(({ family, value }) => (family === 4 ? [value] : []))).sort(),
      6: first.flatMap(({ family, value }) => (family === 6 ? [value] : [])).sort((a, b) => (a < b ? -1 : 1)),
    };
  });
  const isIn = (network: string): boolean => {
    const cidr = parseCidr(network) ?? hostOf(network);
    if (cidr === undefined) return false;
    const all = sorted()[cidr.family];
    const end = cidr.value + (1n << BigInt(width[cidr.family] - cidr.prefix));
    const at = firstFrom(all, cidr.value);
    const found = all[at];
    return found !== undefined && found < end;
  };
  return { isIn };
}

function hostOf(text: string): Cidr | undefined {
  const address = parseAddress(text);
  return address && { ...address, prefix: width[address.family] };
}

function firstFrom(sorted: ArrayLike<bigint>, value: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rules that are sure to match what they say. */
export function certain(rules: readonly TableRule[]): readonly TableRule[] {
  return rules.filter(({ doubt }) => doubt === undefined);
}
