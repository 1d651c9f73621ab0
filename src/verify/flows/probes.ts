import { grouped } from '../../core/model/grouped.ts';
import { asNetwork } from '../../net/cidr.ts';
import type { Protocol } from '../network/ends/ends.ts';
import type { MeshTarget } from '../mesh/answer.ts';
import { formatAddress } from '../../net/address.ts';
import { isWildcard, wildcardsAbove } from '../../net/name.ts';
import { distinct, type Boundary } from './boundaries.ts';
import type { FlowSet } from './flow-set.ts';
import { addressIntervals, portIntervals, type Interval } from './intervals.ts';

/** One flow that stands for all that no layer tells from it. */
export interface Probe {
  readonly index: number;
  /** Either a name or an address. */
  readonly host?: string | undefined;
  readonly address?: string | undefined;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly speaks?: MeshTarget['appProtocol'];
}

/** A name that nobody has said anything about. */
const unrelated = 'probe.unrelated.example';

/** The label that stands for whatever a wildcard matches. */
const instance = 'postern-probe';

/**
 * One flow for every class of destinations and ports: each name, a name below each wildcard and its apex, an address out
 * of each stretch between two boundaries of networks, each with one port out of each stretch between two boundaries of
 * ports that matter there; and a name, an address and a port that nothing is said about.
 */
export function probesOf(extents: readonly Boundary[]): readonly Probe[] {
  const lines = distinct(extents);
  const everywhere = lines.filter(({ to }) => to.any);
  const probes: Probe[] = [];
  // All of one shape, which the engine compiles once for: millions of questions are asked about them.
  const add = ({ host, address }: Pick<Probe, 'host' | 'address'>, about: readonly Boundary[]): void => {
    for (const { port, protocol, speaks } of portsAmong([...about, ...everywhere]))
      probes.push({ index: probes.length, host, address, port, protocol, speaks });
  };
  const byName = grouped(lines.flatMap((line) => line.to.names.map((name) => [name, line] as const)));
  for (const host of namesIn(byName.keys())) {
    add(
      { host },
      [host, ...wildcardsAbove(host)].flatMap((name) => byName.get(name) ?? []),
    );
  }
  for (const { address, about } of addressesAmong(lines)) add({ address }, about);
  return probes;
}

function namesIn(patterns: Iterable<string>): readonly string[] {
  const names = new Set<string>([unrelated]);
  for (const pattern of patterns) {
    if (!isWildcard(pattern)) names.add(pattern);
    else for (const name of [pattern.slice(2), `${instance}.${pattern.slice(2)}`]) names.add(name);
  }
  return [...names].sort();
}

/** One address for every set of extents that some addresses are in, and of each family one that is in none. */
function addressesAmong(
  lines: readonly Boundary[],
): readonly { readonly address: string; readonly about: Boundary[] }[] {
  return ([4, 6] as const).flatMap((family) => {
    const spans = lines.flatMap((line) =>
      line.to.any
        ? []
        : addressIntervals(line.to.networks)
            .filter(({ space }) => space === family)
            .map((span) => ({ line, span })),
    );
    const starts = startsOf(spans.map(({ span }) => span));
    const covering = starts.map((): Set<Boundary> => new Set());
    for (const { line, span } of spans) {
      for (let at = placeOf(starts, span.first); (starts[at] ?? span.last + 1n) <= span.last; at += 1) {
        covering[at]?.add(line);
      }
    }
    return oneOfEach(starts, covering).map(([value, about]) => ({
      address: formatAddress({ family, value }),
      about: [...about],
    }));
  });
}

/** Where stretches begin: at 1 (0 is nobody's address), at each first, and after each last. */
function startsOf(spans: readonly Interval[]): readonly bigint[] {
  const starts = new Set([1n, ...spans.flatMap(({ first, last }) => [first, last + 1n])]);
  return [...starts].sort((a, b) => (a < b ? -1 : 1));
}

function placeOf(starts: readonly bigint[], value: bigint): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function oneOfEach<T>(
  starts: readonly bigint[],
  covering: readonly ReadonlySet<T>[],
): (readonly [bigint, ReadonlySet<T>])[] {
  const ids = new Map<T, number>();
  const kept = new Map<string, readonly [bigint, ReadonlySet<T>]>();
  for (const [at, start] of starts.entries()) {
    const set = covering[at] ?? new Set();
    const key = [...set]
      .map((item) => ids.get(item) ?? (ids.set(item, ids.size), ids.size - 1))
      .sort()
      .join();
    if (!kept.has(key)) kept.set(key, [start, set]);
  }
  return [...kept.values()];
}

type PortProbe = Pick<Probe, 'port' | 'protocol' | 'speaks'>;

/** One port for every set of extents that some ports are in, and of each protocol one that is in none. */
function portsAmong(lines: readonly Boundary[]): readonly PortProbe[] {
  const all = lines.flatMap((line) => portIntervals(line.ports).map((span) => ({ line, span })));
  return (['TCP', 'UDP'] as const).flatMap((protocol) => {
    const spans = all.filter(({ span }) => span.space === protocol);
    const starts = startsOf(spans.map(({ span }) => span)).filter((start) => start <= 65535n);
    const covering = starts.map((start) => {
      return new Set(spans.filter(({ span }) => span.first <= start && start <= span.last).map(({ line }) => line));
    });
    return oneOfEach(starts, covering).map(([start, about]): PortProbe => {
      const speaks = [...about].find((line) => line.speaks !== undefined)?.speaks;
      return { port: Number(start), protocol, speaks: protocol === 'TCP' ? speaks : undefined };
    });
  });
}

/** Can there be such a flow from this address? One family does not reach the other. */
export function sameFamily(source: string, { address }: Pick<Probe, 'address'>): boolean {
  return address === undefined || address.includes(':') === source.includes(':');
}

/** A flow of any protocol; of ICMP the port is the type. */
export interface Flow extends Omit<Probe, 'index' | 'protocol'> {
  readonly protocol: Protocol;
}

/** The one flow as a set. A name that an address stands beside is what was asked for; the address is how the network knows it. */
export function flowSetOf({ host, address = '', port, protocol }: Flow): FlowSet {
  const to = host === undefined ? { addresses: addressIntervals([asNetwork(address)]) } : { name: host, except: [] };
  const hasPorts = protocol === 'TCP' || protocol === 'UDP';
  const at = BigInt(hasPorts ? port : 0);
  return { to, ports: [{ space: hasPorts ? protocol : 'Other', first: at, last: at }] };
}
