import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { parseAddress } from '../../net/address.ts';
import { claimsOf } from './claims.ts';
import { isIn, networksOf } from './networks.ts';
import { hasEnded, isLive } from './pods.ts';
import { lazily } from '../../core/model/lazily.ts';
import { remembered } from './remembered.ts';

/** `spec.vantage.network` of a point: one beside the pod network. */
export type Network = NonNullable<EnforcementPoint['spec']['vantage']['network']>;

/** What a pod has on such a network. */
export interface Attached {
  readonly addresses: readonly string[];
  /** Why it does not have one that it might have: what the annotation says is not believed, or not understood. */
  readonly doubt: string | undefined;
  /** Is it on the network at all, as far as its annotation says? */
  readonly isThere: boolean;
}

const nothing: Attached = { addresses: [], doubt: undefined, isThere: false };

/**
 * What pods have on networks beside the pod network. Whoever may change a pod can write its annotation, so that an address
 * counts only where the network has its addresses, and where no other live pod claims it by annotation or has it by status, and no node.
 */
export function attachedIn({
  pods,
  nodes,
}: Pick<Snapshot, 'pods' | 'nodes'>): (pod: Pod, network: Network) => Attached {
  const byStatus = lazily(() => holdersByStatus(pods));
  const nodesAt = lazily(
    () => new Map(nodes.flatMap(({ name, addresses }) => addresses.map((address) => [address, name]))),
  );
  const known = remembered(({ name, ranges }: Network) => ({
    claims: claimsByAnnotation(pods, name),
    within: networksOf(ranges),
  }));
  return (pod, network) => {
    if (pod.hostNetwork || hasEnded(pod)) return nothing;
    if (pod.attachments === 'unreadable') return { ...nothing, doubt: unreadable };
    const { claims, within } = known(network);
    const doubts: string[] = [];
    const said = claimedBy(pod, network.name);
    const addresses = said.filter((address) => {
      const [parsed, at] = [parseAddress(address), `${address} on network ${network.name}`];
      if (parsed === undefined || !isIn(within, parsed)) {
        doubts.push(`${at} is in none of the ranges that the point gives for it`);
        return false;
      }
      const node = nodesAt().get(address);
      if (node !== undefined) {
        doubts.push(`${at} is an address of node ${node}, so that no pod has it`);
        return false;
      }
      const all = claims.get(address) ?? [];
      const live = all.filter(isLive);
      const rivals = [...(live.length > 0 ? live : all), ...(byStatus().get(address) ?? [])].filter(
        (one) => one !== pod,
      );
      const who = [...new Set(rivals.map((one) => `${one.namespace}/${one.name}`))].join(', ');
      if (rivals.length > 0) doubts.push(`${at} is also claimed by pod ${who}, so that none of them has it`);
      return rivals.length === 0;
    });
    return { addresses, doubt: doubts.length === 0 ? undefined : doubts.join('; '), isThere: said.length > 0 };
  };
}

/** Of several the newest; one that is being deleted only where no other has it. */
function holdersByStatus(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const holders = new Map([...claimsOf(pods)].map(([address, [newest]]) => [address, newest ? [newest] : []]));
  for (const pod of pods) {
    if (!pod.deleting || pod.hostNetwork || hasEnded(pod)) continue;
    for (const address of pod.addresses) if (!holders.has(address)) holders.set(address, [pod]);
  }
  return holders;
}

/** What to do about a doubt. */
export const ofAttachments =
  'see who wrote the annotation k8s.v1.cni.cncf.io/network-status, and let only the network plugin write it (docs/admission.md)';

const unreadable = 'its annotation k8s.v1.cni.cncf.io/network-status does not have the form of its specification';

function claimsByAnnotation(pods: readonly Pod[], name: string): ReadonlyMap<string, readonly Pod[]> {
  const claims = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (pod.hostNetwork || hasEnded(pod)) continue;
    for (const address of claimedBy(pod, name)) claims.set(address, [...(claims.get(address) ?? []), pod]);
  }
  return claims;
}

function claimedBy({ attachments = [] }: Pod, name: string): readonly string[] {
  if (attachments === 'unreadable') return [];
  return attachments.flatMap(({ network, addresses }) => (network === name ? addresses : []));
}
