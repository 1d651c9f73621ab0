import type { Pod } from '../core/model/snapshot.ts';
import { formatAddress, parseAddress, type Address } from '../net/address.ts';
import { parseCidr, type Cidr } from '../net/cidr.ts';
import type { NetworkAnswer } from '../verify/network/decide.ts';
import { boundariesOfPolicies, type PolicyBoundary } from '../verify/network/boundaries.ts';
import { readNetwork } from '../verify/network/network.ts';
import type { NetworkObjects } from '../verify/network/objects.ts';
import { isIn } from '../verify/values/networks.ts';

/** How far a pod gets outside the cluster, as the network policies of the cluster have it. */
export type Reach =
  /** To addresses that no policy names, on any port. */
  | { readonly kind: 'anywhere' }
  /** To addresses that no policy names, on these ports alone: `TCP 443`. */
  | { readonly kind: 'ports'; readonly ports: readonly string[] }
  /** To what policies name, or nowhere. */
  | { readonly kind: 'named' }
  /** A policy that selects the pod cannot be understood. */
  | { readonly kind: 'unknown'; readonly object: string; readonly reason: string };

interface Wire {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/**
 * Asks the judge's reading of the network policies about an address that none of them names, on a port that none names,
 * and then on every port that one does.
 *
 * @param objects undefined: nothing in the cluster decides
 */
export function readReach(objects: NetworkObjects | undefined): (pod: Pod) => Reach {
  if (objects === undefined) return () => ({ kind: 'anywhere' });
  const network = readNetwork(objects);
  const boundaries = boundariesOfPolicies(objects);
  const networks = boundaries.flatMap(({ to }) => to.networks.flatMap((text) => parseCidr(text) ?? []));
  const outside = { 4: unnamedAddress(4, networks), 6: unnamedAddress(6, networks) };
  const wires = wiresOf(boundaries);
  const known = new Map<string, Reach>();
  return (pod) => {
    const from = network.podEnd({ ...pod, namedPorts: undefined });
    const family = pod.addresses.some((address) => !address.includes(':')) || pod.addresses.length === 0 ? 4 : 6;
    const key = JSON.stringify([pod.namespace, pod.serviceAccount, family, network.subjectKey(from)]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const to = { kind: 'outside', host: undefined, address: outside[family] } as const;
    const reach = reachOf((wire) => network.leaves(from, to, wire), wires);
    known.set(key, reach);
    return reach;
  };
}

interface Wires {
  /** On a port that no policy names. */
  readonly unnamed: Wire;
  readonly named: readonly Wire[];
}

function reachOf(leaves: (wire: Wire) => NetworkAnswer, { unnamed, named }: Wires): Reach {
  const first = leaves(unnamed);
  if (first.allowed === 'yes') return { kind: 'anywhere' };
  const answers = named.map((wire) => ({ wire, answer: leaves(wire) }));
  const doubt = [first, ...answers.map(({ answer }) => answer)].find(({ allowed }) => allowed === 'unknown');
  if (doubt !== undefined) return { kind: 'unknown', object: doubt.object, reason: doubt.reason };
  const ports = answers.flatMap(({ wire, answer }) =>
    answer.allowed === 'yes' ? [`${wire.protocol} ${wire.port}`] : [],
  );
  return ports.length === 0 ? { kind: 'named' } : { kind: 'ports', ports };
}

/** Ends of the ranges that policies name, each once, and a port that is in none of them. */
function wiresOf(boundaries: readonly PolicyBoundary[]): Wires {
  const ranges = boundaries.flatMap(({ ports }) => ports);
  const named = new Map<string, Wire>();
  for (const { port, endPort = port, protocol } of ranges)
    for (const one of [port, endPort]) named.set(`${protocol} ${one}`, { port: one, protocol });
  const isNamed = (port: number): boolean =>
    ranges.some(({ port: first, endPort = first }) => first <= port && port <= endPort && endPort - first < manyPorts);
  let port = 50_021;
  while (isNamed(port) && port < 65_535) port += 1;
  const wires = [...named.values()].sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
  return { unnamed: { port, protocol: 'TCP' }, named: wires };
}

/** A range of so many ports means any port. */
const manyPorts = 60_000;
/** Networks that are meant to be everything: `0.0.0.0/0`, or its halves. */
const everythingPrefix = 3;

/** An address of the public internet that is in no network that a policy names, unless that is all of it. */
function unnamedAddress(family: 4 | 6, networks: readonly Cidr[]): string {
  const narrow = networks.filter((network) => network.family === family && network.prefix > everythingPrefix);
  const candidates = family === 4 ? publicIpv4 : publicIpv6;
  const parsed = candidates.flatMap((text): readonly Address[] => {
    const address = parseAddress(text);
    return address === undefined ? [] : [address];
  });
  const [fallback] = parsed;
  const free = parsed.find((address) => !isIn(narrow, address)) ?? fallback;
  return free === undefined ? '' : formatAddress(free);
}

/** Far apart, so that hardly any policy names them all. */
const publicIpv4 = ['203.0.113.77', '198.51.100.77', '192.0.2.77', '9.77.77.77', '77.77.77.77', '150.77.77.77'];
const publicIpv6 = ['2001:db8:77::77', '2600:77::77', '2a00:77::77', '2400:77::77'];
