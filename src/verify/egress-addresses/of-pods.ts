import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { parseAddress } from '../../net/address.ts';
import { containsCidr, parseCidr, type Cidr } from '../../net/cidr.ts';
import { groupByKind } from '../values/objects.ts';
import { hasEnded } from '../values/pods.ts';
import { isIn, networksOf } from '../values/networks.ts';
import { namespaceLabelsIn, selects } from '../values/selector.ts';
import { gatewayWays, type GatewayRule, type GatewayWay } from './calico.ts';
import type { EgressAddress } from './egress-address.ts';
import { egressAddressesIn } from './objects.ts';

type Vantage = EnforcementPoint['spec']['vantage'];

/** A destination as somebody asks for it: by name, or by address. */
export interface Asked {
  readonly host?: string | undefined;
  readonly address?: string | undefined;
}

/** Under which addresses and networks a pod leaves the cluster. */
export interface Leaving {
  /** By objects of the network plugin and pools of a point, wherever to. */
  readonly fixed: readonly string[];
  /** Through pods that lead others out, or under addresses on the way to some destinations alone; undefined: neither. */
  readonly through: Through | undefined;
}

export interface Through {
  /** Equal for pods of a namespace that leave alike. */
  readonly id: string;
  readonly all: readonly string[];
  /**
   * Those that lead there, of a name all of them, since nobody knows its addresses. `past`: the pod leaves by itself. `unknown`: which
   * they are nobody can tell. Empty: the pod does not get there, for there is no gateway.
   */
  readonly toward: (asked: Asked) => readonly string[] | 'past' | 'unknown';
}

/** Everything about how the pods of a cluster leave it. */
export interface LeavingOfPods {
  readonly of: (pod: Pod, vantage: Vantage) => Leaving;
  /** Does the pod lead others out, and leaves by itself? Such a pod opens no connections of its own. */
  readonly leads: (pod: Pod) => boolean;
  /** What makes a pod a gateway for which nobody but other pods takes it: such a pod may open connections like any other. */
  readonly namedBy: (pod: Pod) => string | undefined;
}

/** @param own the addresses that a pod has to itself */
export function egressOfPods(
  { namespaces, pods, egressSources = [] }: Snapshot,
  own: (pod: Pod) => readonly string[],
): LeavingOfPods {
  const labelsOf = namespaceLabelsIn(namespaces);
  const written = egressSources.map(({ object }) => object);
  const objects = egressAddressesIn(written, { namespaces, pods });
  const wayOf = gatewayWays(groupByKind(written), { namespaces });
  const known = new Map<GatewayWay, Through>();
  const leading = new Set<Pod>();
  const named = new Map<Pod, string>();
  const throughOf = (way: GatewayWay): Through => {
    const found =
      known.get(way) ??
      throughGateways(way, ({ leads }) => {
        if (typeof leads === 'string') return leads;
        const gateways = pods.filter(
          (pod) => !hasEnded(pod) && !pod.hostNetwork && leads(pod, labelsOf(pod.namespace)),
        );
        for (const gateway of gateways) {
          if (way.byPods) named.set(gateway, way.id);
          else leading.add(gateway);
        }
        return [...new Set(gateways.flatMap(own))].sort();
      });
    known.set(way, found);
    return found;
  };
  const of: LeavingOfPods['of'] = (pod, { pools = [] }) => {
    if (pod.hostNetwork) return { fixed: [], through: undefined };
    const labels = labelsOf(pod.namespace);
    const way = wayOf(pod);
    const taking = objects.filter(({ takes }) => takes(pod, labels));
    const limited = way === undefined ? taking.filter(isLimited) : [];
    const given = taking.filter((one) => !limited.includes(one)).flatMap(({ addresses }) => addresses);
    const declared = pools
      .filter(
        ({ namespaceSelector, podSelector }) => selects(namespaceSelector, labels) && selects(podSelector, pod.labels),
      )
      .flatMap(({ networks }) => networks);
    const through = way ? throughOf(way) : limited.length > 0 ? underLimited(limited) : undefined;
    return { fixed: [...new Set([...given, ...declared])].sort(), through };
  };
  for (const way of new Set(pods.flatMap((pod) => wayOf(pod) ?? []))) throughOf(way);
  const leads: LeavingOfPods['leads'] = (pod) => leading.has(pod) && wayOf(pod) === undefined;
  return { of, leads, namedBy: (pod) => (leading.has(pod) ? undefined : named.get(pod)) };
}

/** Does the object give its addresses on the way to some destinations, and not to others? */
function isLimited({ addresses, destinations, past = [] }: EgressAddress): boolean {
  return addresses.length > 0 && destinations.length + past.length > 0;
}

/** A name may have addresses of either kind: it is taken for one that the objects are about. */
function underLimited(objects: readonly EgressAddress[]): Through {
  const read = objects.map(({ addresses, destinations, past = [] }) => ({
    addresses,
    within: destinations.length === 0 ? undefined : networksOf(destinations),
    past: networksOf(past),
  }));
  const addressesOf = (those: typeof read): readonly string[] => [
    ...new Set(those.flatMap(({ addresses }) => addresses)),
  ];
  return {
    id: objects.map(({ id }) => id).join(),
    all: addressesOf(read).toSorted(),
    toward: ({ address }) => {
      const to = address === undefined ? undefined : parseAddress(address);
      if (to === undefined) return addressesOf(read);
      const about = read.filter(({ within, past }) => (within === undefined || isIn(within, to)) && !isIn(past, to));
      return about.length === 0 ? 'past' : addressesOf(about);
    },
  };
}

/** @param addressesOf gateways that drain among them: they lead on what they led */
function throughGateways(
  { id, rules }: GatewayWay,
  addressesOf: (rule: GatewayRule) => readonly string[] | 'past' | 'unknown',
): Through {
  const read = rules.map((rule) => ({
    network: rule.cidr === undefined ? undefined : parseCidr(rule.cidr),
    everywhere: rule.cidr === undefined,
    answer: addressesOf(rule),
  }));
  const all = [...new Set(read.flatMap(({ answer }) => (typeof answer === 'string' ? [] : answer)))].sort();
  const isUnknown = read.some(({ answer }) => answer === 'unknown');
  const isPast = read.length > 0 && read.every(({ answer }) => answer === 'past');
  return {
    id,
    all,
    toward: ({ address }) => {
      if (read.length === 0) return [];
      const to = address === undefined ? undefined : parseAddress(address);
      if (to === undefined) return isPast ? 'past' : isUnknown ? 'unknown' : all;
      const holding = read.filter(({ network, everywhere }) => everywhere || (network && containsCidr(network, to)));
      const [longest] = holding.sort((a, b) => prefixOf(b.network) - prefixOf(a.network));
      return longest?.answer ?? 'past';
    },
  };
}

function prefixOf(network: Cidr | undefined): number {
  return network?.prefix ?? -1;
}
