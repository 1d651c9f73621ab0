import { z } from 'zod';
import type { Snapshot } from '../core/model/snapshot.ts';
import { parseAddress, width } from '../net/address.ts';
import { formatCidr, strictCidr, supernet } from '../net/cidr.ts';
import type { EgressAddress } from '../verify/egress-addresses/egress-address.ts';
import { isIn } from '../verify/values/networks.ts';
import { isLive } from '../verify/values/pods.ts';

/** Under which addresses pods appear outside the cluster, as far as objects tell. */
export interface SourceAddresses {
  /** `spec.vantage.type` of a point that sees what leaves the cluster; undefined: nothing tells. */
  readonly vantage: 'Pod' | 'Node' | undefined;
  /** What that rests on, and what speaks against it. */
  readonly because: string;
  /** Where pods are, as networks in canonical text. */
  readonly podNetworks: readonly string[];
  /** Does the network plugin say so of itself? Otherwise they are around addresses that were seen. */
  readonly podNetworksBy: 'plugin' | 'addresses';
}

const ipPool = z.object({
  apiVersion: z.string().regex(/projectcalico\.org\//),
  kind: z.literal('IPPool'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({ cidr: z.string(), natOutgoing: z.boolean().nullish(), disabled: z.boolean().nullish() }),
});
const ciliumConfig = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({ name: z.literal('cilium-config') }),
  data: z.record(z.string(), z.string()),
});

/** Reads what the network plugin says of itself, and else goes by the addresses of pods and nodes. */
export function sourceAddresses(
  { pods, nodes }: Pick<Snapshot, 'pods' | 'nodes'>,
  objects: readonly unknown[],
  others: readonly EgressAddress[],
): SourceAddresses {
  const own = pods.filter((pod) => isLive(pod) && !pod.hostNetwork).flatMap(({ addresses }) => addresses);
  const pools = objects.flatMap((object) => ipPool.safeParse(object).data ?? []);
  const podNetworks = pools.length > 0 ? pools.map(({ spec }) => spec.cidr) : networksAround(own);
  const said =
    ofCalico(pools) ??
    ofCilium(objects) ??
    byAddresses(
      own,
      nodes.flatMap(({ addresses }) => addresses),
    );
  const exceptions = others.map(({ id }) => id);
  const but = exceptions.length === 0 ? '' : `; but not what ${exceptions.join(', ')} takes`;
  return {
    ...said,
    because: said.because + but,
    podNetworks,
    podNetworksBy: pools.length > 0 ? 'plugin' : 'addresses',
  };
}

type VantageChoice = Pick<SourceAddresses, 'vantage' | 'because'>;

function ofCalico(pools: readonly z.output<typeof ipPool>[]): VantageChoice | undefined {
  const used = pools.filter(({ spec }) => spec.disabled !== true);
  if (used.length === 0) return undefined;
  const masked = used.filter(({ spec }) => spec.natOutgoing === true).map(({ metadata }) => metadata.name);
  const open = used.filter(({ spec }) => spec.natOutgoing !== true).map(({ metadata }) => metadata.name);
  if (open.length === 0) return { vantage: 'Node', because: `natOutgoing is true in IPPool ${masked.join(', ')}` };
  if (masked.length === 0) return { vantage: 'Pod', because: `natOutgoing is off in IPPool ${open.join(', ')}` };
  const because = `natOutgoing is true in IPPool ${masked.join(', ')} and off in ${open.join(', ')}: pods appear in two ways`;
  return { vantage: undefined, because };
}

function ofCilium(objects: readonly unknown[]): VantageChoice | undefined {
  const [config] = objects.flatMap((object) => ciliumConfig.safeParse(object).data ?? []);
  if (config === undefined) return undefined;
  // Absent means true: https://docs.cilium.io/en/stable/network/concepts/masquerading/
  const masks = config.data['enable-ipv4-masquerade'] !== 'false';
  const because = `enable-ipv4-masquerade is ${masks ? 'on' : 'off'} in ConfigMap cilium-config`;
  return { vantage: masks ? 'Node' : 'Pod', because };
}

function byAddresses(pods: readonly string[], nodes: readonly string[]): VantageChoice {
  const shown = 'ask the network team, or look at the source address in a log of the firewall';
  if (pods.length === 0 || nodes.length === 0)
    return { vantage: undefined, because: `no addresses of pods and nodes are at hand; ${shown}` };
  const around = networksAround(nodes).map(strictCidr);
  const addresses = pods.flatMap((text) => parseAddress(text) ?? []);
  if (addresses.some((address) => isIn(around, address)))
    return {
      vantage: 'Pod',
      because: `pods have addresses of the networks of their nodes, so that the network routes them; unless the plugin masquerades: ${shown}`,
    };
  return {
    vantage: 'Node',
    because: `pods have addresses that no node's network holds, which plugins usually hide behind their nodes; ${shown}`,
  };
}

/** Each network as wide as sites give to a cluster: /16 of IPv4, /48 of IPv6. */
const usualPrefix = { 4: 16, 6: 48 } as const;

function networksAround(addresses: readonly string[]): readonly string[] {
  const around = addresses.flatMap((text) => {
    const address = parseAddress(text);
    if (address === undefined) return [];
    const { family } = address;
    return [formatCidr(supernet({ ...address, prefix: width[family] }, usualPrefix[family]))];
  });
  return [...new Set(around)].sort();
}
