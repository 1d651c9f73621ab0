import type { Port } from '../../api/fields/destination.ts';
import { width } from '../../net/address.ts';
import { parseCidr } from '../../net/cidr.ts';

/** Consecutive ports of one protocol, or addresses of one family, both ends included. `Other` has the one port 0, for protocols that have none. */
export interface Interval {
  readonly space: 'TCP' | 'UDP' | 'Other' | 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const everyPort: readonly Interval[] = [
  { space: 'TCP', first: 1n, last: 65535n },
  { space: 'UDP', first: 1n, last: 65535n },
  { space: 'Other', first: 0n, last: 0n },
];

export const everyAddress: readonly Interval[] = [4 as const, 6 as const].map((space) => ({
  space,
  first: 0n,
  last: (1n << BigInt(width[space])) - 1n,
}));

/** Absent or empty ports are every protocol and port. */
export function portIntervals(ports: readonly Port[] | undefined): readonly Interval[] {
  if (ports === undefined || ports.length === 0) return everyPort;
  return disjoint(
    ports.map(({ protocol, port, endPort = port }) => ({
      space: protocol,
      first: BigInt(port),
      last: BigInt(endPort),
    })),
  );
}

/** Texts that are no CIDR have no addresses. */
export function addressIntervals(networks: readonly string[]): readonly Interval[] {
  return disjoint(
    networks.flatMap((text) => {
      const cidr = parseCidr(text);
      if (cidr === undefined) return [];
      const size = 1n << BigInt(width[cidr.family] - cidr.prefix);
      return [{ space: cidr.family, first: cidr.value, last: cidr.value + size - 1n }];
    }),
  );
}

export function intersect(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const shared: Interval[] = [];
  for (const left of a) {
    for (const right of b) {
      if (left.space !== right.space || left.last < right.first || right.last < left.first) continue;
      const first = left.first > right.first ? left.first : right.first;
      const last = left.last < right.last ? left.last : right.last;
      shared.push({ space: left.space, first, last });
    }
  }
  return shared;
}

export function subtract(from: readonly Interval[], taken: readonly Interval[]): readonly Interval[] {
  return taken.reduce<readonly Interval[]>(
    (left, { space, first, last }) =>
      left.flatMap((interval) => {
        if (interval.space !== space || last < interval.first || interval.last < first) return [interval];
        const below = { ...interval, last: first - 1n };
        const above = { ...interval, first: last + 1n };
        return [below, above].filter((part) => part.first <= part.last);
      }),
    from,
  );
}

/** The same ports or addresses, each once. */
export function disjoint(intervals: readonly Interval[]): readonly Interval[] {
  return intervals.flatMap((interval, index) => subtract([interval], intervals.slice(0, index)));
}
