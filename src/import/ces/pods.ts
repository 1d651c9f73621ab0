import { formatAddress, parseAddress, width, type Address } from '../../net/address.ts';
import { containsCidr, formatCidr, supernet, type Cidr } from '../../net/cidr.ts';
import type { CesCluster } from './read.ts';

/** A pod with addresses of its own. */
export interface CesPod {
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly Address[];
}

export type PodsByNamespace = ReadonlyMap<string, readonly CesPod[]>;

export function podsByNamespace({ Pod }: CesCluster): PodsByNamespace {
  const found = new Map<string, CesPod[]>();
  for (const { metadata, spec, status } of Pod) {
    if (spec.hostNetwork || status.phase === 'Succeeded' || status.phase === 'Failed') continue;
    const texts = [...(status.podIP === undefined ? [] : [status.podIP]), ...status.podIPs.map(({ ip }) => ip)];
    const addresses = [...new Set(texts)].flatMap((text) => parseAddress(text) ?? []);
    const pods = found.get(metadata.namespace) ?? [];
    found.set(metadata.namespace, pods);
    pods.push({ labels: metadata.labels, addresses });
  }
  return found;
}

/** The namespaces that have pods in each of these networks, by its text; linear in the pods, for there are few lengths of prefixes. */
export function holdersOf(networks: readonly Cidr[], pods: PodsByNamespace): ReadonlyMap<string, ReadonlySet<string>> {
  const holders = new Map(networks.map((network) => [formatCidr(network), new Set<string>()]));
  const lengths = new Map(networks.map(({ family, prefix }) => [`${family}/${prefix}`, { family, prefix }]));
  for (const [namespace, own] of pods) {
    for (const address of own.flatMap(({ addresses }) => addresses)) {
      for (const { family, prefix } of lengths.values()) {
        if (family !== address.family) continue;
        const network = supernet({ ...address, prefix: width[family] }, prefix);
        holders.get(formatCidr(network))?.add(namespace);
      }
    }
  }
  return holders;
}

/** Addresses of pods that are in none of the networks, as texts. */
export function addressesOutside(networks: readonly Cidr[], pods: readonly CesPod[]): readonly string[] {
  const addresses = pods.flatMap((pod) => pod.addresses);
  return addresses.filter((address) => !networks.some((network) => containsCidr(network, address))).map(formatAddress);
}
