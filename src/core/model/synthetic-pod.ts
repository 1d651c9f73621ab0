import type { Pod } from './snapshot.ts';

/** A pod that is not in the input: live, on no node, without an address. Only what is given is known of it. */
export function syntheticPod(
  known: Pick<Pod, 'uid' | 'namespace' | 'name' | 'labels' | 'serviceAccount' | 'workload'>,
): Pod {
  return { ...known, node: '', hostNetwork: false, phase: 'Running', deleting: false, addresses: [], created: '' };
}
