import { formatAddress } from '../../net/address.ts';
import type { Node, Pod, Snapshot } from '../../core/model/snapshot.ts';
import { syntheticPod } from '../../core/model/pods.ts';

/** https://www.rfc-editor.org/rfc/rfc2544#appendix-C.2.2: addresses of test networks, which no host has. */
const first = 0xc6120001n; // 198.18.0.1
/** Half for pods, half for nodes. */
const many = 65_000n;

/**
 * Manifests have no pod addresses. A pod without one gets one of a test network, so that
 * what would be written for it can be looked at: pods and nodes, and the gateway that a point sees, if there is none.
 * A node that no file describes has the address of the pods on its network.
 */
export function withSyntheticObjects(snapshot: Snapshot): Snapshot {
  const gateways = missingGateways(snapshot);
  let pod = first;
  const known = new Set(snapshot.nodes.map(({ name }) => name));
  const nodes = new Map<string, Node>();
  const onHost = new Map(
    snapshot.pods.flatMap(({ hostNetwork, node, addresses }) =>
      hostNetwork && addresses.length > 0 ? [[node, addresses] as const] : [],
    ),
  );
  const pods = [...snapshot.pods, ...gateways].map((one): Pod => {
    // One that is in a cluster is to be seen as it is, with no node or no address yet.
    const isManifest = one.created === '' && one.phase === '' && !one.deleting;
    const node = one.node === '' && isManifest ? 'stand-in' : one.node;
    if (node !== '' && !known.has(node) && !nodes.has(node))
      nodes.set(node, { name: node, labels: {}, addresses: onHost.get(node) ?? [standInAddress(nodes.size)] });
    if (one.hostNetwork || one.addresses.length > 0 || !isManifest || pod >= first + many) return { ...one, node };
    return { ...one, node, addresses: [formatAddress({ family: 4, value: pod++ })] };
  });
  return { ...snapshot, pods, nodes: [...snapshot.nodes, ...nodes.values()] };
}

function standInAddress(count: number): string {
  return formatAddress({ family: 4, value: first + many + BigInt(count) });
}

function missingGateways({ enforcementPoints, pods }: Snapshot): readonly Pod[] {
  return enforcementPoints.flatMap(({ spec: { vantage }, metadata }): Pod[] => {
    const { namespace, podSelector } = vantage.gateway ?? {};
    const labels = podSelector?.matchLabels;
    if (namespace === undefined || labels === undefined || podSelector?.matchExpressions !== undefined) return [];
    const wanted = Object.entries(labels);
    const isThere = pods.some((pod) => {
      return pod.namespace === namespace && wanted.every(([key, value]) => pod.labels[key] === value);
    });
    if (isThere) return [];
    const name = `Gateway.${metadata.name}`;
    const [uid, workload] = [`${namespace}/${name}`, `Gateway/${metadata.name}`];
    return [syntheticPod({ uid, namespace, name, labels, serviceAccount: 'default', workload })];
  });
}
