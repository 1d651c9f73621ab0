import type { Pod } from './snapshot.ts';

/**
 * Whether a pod may open connections of its own: it has not ended (evicted pods are `Failed`) and is not being deleted. A pod
 * that is not scheduled is live and has no address; of two that claim one address the newer has it.
 */
export function isLive({ deleting, phase }: Pick<Pod, 'deleting' | 'phase'>): boolean {
  return !deleting && phase !== 'Succeeded' && phase !== 'Failed';
}

/** A pod that is not in the input: live, on no node, without an address. Only what is given is known of it. */
export function syntheticPod(
  known: Pick<Pod, 'uid' | 'namespace' | 'name' | 'labels' | 'serviceAccount' | 'workload'>,
): Pod {
  return { ...known, node: '', hostNetwork: false, phase: 'Running', deleting: false, addresses: [], created: '' };
}
