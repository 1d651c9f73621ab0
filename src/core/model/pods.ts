import type { Pod } from './snapshot.ts';

/** Its containers have ended permanently: it has no address any longer, whatever its status says. Evicted pods are `Failed`. */
export function hasEnded({ phase }: Pick<Pod, 'phase'>): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/**
 * Whether a pod may open connections of its own: it has not ended and is not being deleted. A pod that is not scheduled is live
 * and has no address; of two that claim one address the newer has it. What a pod that is being deleted keeps for a while is said
 * by `spec.terminating` of points and policies.
 */
export function isLive(pod: Pick<Pod, 'deleting' | 'phase'>): boolean {
  return !pod.deleting && !hasEnded(pod);
}

/** A pod that is not in the input: live, on no node, without an address. Only what is given is known of it. */
export function syntheticPod(
  known: Pick<Pod, 'uid' | 'namespace' | 'name' | 'labels' | 'serviceAccount' | 'workload'>,
): Pod {
  return { ...known, node: '', hostNetwork: false, phase: '', deleting: false, addresses: [], created: '' };
}
